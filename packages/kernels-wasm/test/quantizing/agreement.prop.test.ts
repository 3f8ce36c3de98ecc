import { createReferenceBackend, fromFloat32, toFloat32, type BlockView, type FloatDtype } from '@fewbit/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createWasmBackend, type ModuleVariant } from '../../src/index.ts';

// What the conformance suite draws from kinds, this draws from bits: any float at any place, in blocks of any shape.

const dtypes = fc.constantFrom<FloatDtype[]>('F32', 'BF16', 'F16');
const mappings = fc.constantFrom('SYMMETRIC' as const, 'SYMMETRIC_NO_CLIPPING_ERR' as const, 'ASYMMETRIC' as const);

/** Ranges of N bits, and some that no config asks for: below zero, off the middle, of one code. */
const ranges = fc.tuple(fc.integer({ min: 0, max: 7 }), fc.nat(9)).map(([bits, kind]) => {
  const half = 2 ** bits;
  if (kind === 0) return { qmin: -half, qmax: -1 };
  if (kind === 1) return { qmin: 1 - half, qmax: Math.min(127, half + 9) };
  return kind === 2 ? { qmin: 3, qmax: 3 } : { qmin: -half, qmax: half - 1 };
});

/** Bits that are ordinary, or zero, infinite, NaN, subnormal or huge with either sign. */
const special = [0, 0x7f80_0000, 0x7fc0_0000, 1, 0x7f7f_ffff, 0x3f80_0000, 0x007f_0000, 0x477f_f000, 0x3380_0000];
const bits = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0x3000_0000, max: 0x4000_0000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 0x7fff_ffff }) },
  { weight: 1, arbitrary: fc.constantFrom(...special) },
);
const word = fc
  .tuple(bits, fc.boolean())
  .map(([magnitude, negative]) => (negative ? magnitude | 0x8000_0000 : magnitude));

const rows = fc.record({ outer: fc.integer({ min: 0, max: 9 }), length: fc.integer({ min: 1, max: 70 }) });
const consecutive = rows.map(({ outer, length }): BlockView => ({ outer: outer * 2, length, inner: 1 }));
const anyView = fc.oneof(
  consecutive,
  fc
    .tuple(rows, fc.integer({ min: 2, max: 21 }))
    .map(([{ outer, length }, inner]): BlockView => ({ outer: outer % 3, length, inner })),
);

interface Weights {
  readonly input: Uint8Array;
  readonly dtype: FloatDtype;
  readonly view: BlockView;
}

/** Some blocks are ordinary: else hardly any run would take the fast path. */
function weights(views: fc.Arbitrary<BlockView>): fc.Arbitrary<Weights> {
  return fc
    .tuple(views, dtypes, fc.array(word, { minLength: 61, maxLength: 61 }), fc.nat(60), fc.boolean())
    .map(([view, dtype, words, shift, tame]) => {
      const count = view.outer * view.length * view.inner;
      const raw = Uint32Array.from({ length: count }, (_, at) => {
        const drawn = words[(at * 7 + shift) % 61] ?? 0;
        return tame && at % 67 !== 0 ? ((drawn & 0x8fff_ffff) | 0x3000_0000) >>> 0 : drawn;
      });
      return { input: fromFloat32(new Float32Array(raw.buffer), dtype).slice(), dtype, view };
    });
}

/** Bytes with every NaN as the same one. */
function canonical(bytes: Uint8Array, dtype: FloatDtype): Uint8Array {
  return fromFloat32(
    toFloat32(bytes.slice(), dtype).map((value) => (Number.isNaN(value) ? NaN : value)),
    dtype,
  );
}

const { quantizing: reference } = createReferenceBackend();
const variants: readonly ModuleVariant[] = ['plain', 'relaxed'];
const runs = { numRuns: 2000, seed: 4 };

describe.each(variants)('any bits in any blocks give the bytes of the reference: the %s module,', async (variant) => {
  const backend = await createWasmBackend({ modules: [variant] });
  if (backend === null) throw new Error(`${variant} cannot run here`);
  const { quantizing } = backend;

  test('quantizeAffine and dequantizeAffine', async () => {
    const scheme = fc.record({
      mapping: mappings,
      scaleDtype: dtypes,
      range: ranges,
      eps: fc.constantFrom(2 ** -23, 2 ** -126, 0),
    });
    await fc.assert(
      fc.asyncProperty(
        weights(anyView),
        scheme,
        fc.boolean(),
        dtypes,
        async (given, { range, ...others }, part, to) => {
          const rest = { ...others, ...range };
          const request = { ...given, ...rest, extremes: part ? await reference.blockMinMax(given) : null };
          const expected = await reference.quantizeAffine(request);
          const seen = await quantizing.quantizeAffine(request);
          expect(seen.qdata).toEqual(expected.qdata);
          expect(seen.zeroPoint).toEqual(expected.zeroPoint);
          expect(canonical(seen.scale, rest.scaleDtype)).toEqual(canonical(expected.scale, rest.scaleDtype));
          const stored = { ...expected, scaleDtype: rest.scaleDtype, view: given.view, dtype: to };
          const values = canonical(await quantizing.dequantizeAffine(stored), to);
          expect(values).toEqual(canonical(await reference.dequantizeAffine(stored), to));
        },
      ),
      runs,
    );
  });

  test('blockMinMax, the signs of zeros included', async () => {
    await fc.assert(
      fc.asyncProperty(weights(anyView), async (given) => {
        const [seen, expected] = [await quantizing.blockMinMax(given), await reference.blockMinMax(given)];
        expect([...seen.min]).toEqual([...expected.min]);
        expect([...seen.max]).toEqual([...expected.max]);
      }),
      runs,
    );
  });

  test('quantizeInt4 and dequantizeInt4', async () => {
    await fc.assert(
      fc.asyncProperty(weights(consecutive), async (given) => {
        const expected = await reference.quantizeInt4(given);
        const { packed, scale, zeroPoint } = await quantizing.quantizeInt4(given);
        expect(packed).toEqual(expected.packed);
        expect(canonical(scale, given.dtype)).toEqual(canonical(expected.scale, given.dtype));
        expect(canonical(zeroPoint, given.dtype)).toEqual(canonical(expected.zeroPoint, given.dtype));
        const stored = { ...expected, view: given.view, dtype: given.dtype };
        const values = canonical(await quantizing.dequantizeInt4(stored), given.dtype);
        expect(values).toEqual(canonical(await reference.dequantizeInt4(stored), given.dtype));
      }),
      runs,
    );
  });

  test('HQQ, both passes', async () => {
    await fc.assert(
      fc.asyncProperty(
        weights(consecutive),
        dtypes,
        fc.integer({ min: 1, max: 20 }),
        async (given, scaleDtype, iterations) => {
          const request = { ...given, qmin: -8, qmax: 7 };
          const changes = await quantizing.measureHqqScaleOnly(request);
          expect([...changes]).toEqual([...(await reference.measureHqqScaleOnly(request))]);
          const expected = await reference.quantizeHqqScaleOnly({ ...request, scaleDtype, iterations });
          const seen = await quantizing.quantizeHqqScaleOnly({ ...request, scaleDtype, iterations });
          expect(seen.qdata).toEqual(expected.qdata);
          expect(seen.zeroPoint).toEqual(expected.zeroPoint);
          expect(canonical(seen.scale, scaleDtype)).toEqual(canonical(expected.scale, scaleDtype));
        },
      ),
      { ...runs, numRuns: 300 },
    );
  });
});

test('every bf16 and every f16 has the codes of the reference', async () => {
  const backend = await createWasmBackend();
  const every = new Uint8Array(Uint16Array.from({ length: 65536 }, (_, at) => at).buffer);
  for (const dtype of ['BF16', 'F16'] as const) {
    for (const length of [64, 100 * 64]) {
      const input = every.subarray(0, Math.floor(65536 / length) * length * 2);
      const view = { outer: input.length / 2 / length, length, inner: 1 };
      for (const mapping of ['SYMMETRIC', 'ASYMMETRIC'] as const) {
        const scheme = { mapping, qmin: -8, qmax: 7, eps: 2 ** -23, scaleDtype: dtype, extremes: null };
        const expected = await reference.quantizeAffine({ input, dtype, view, ...scheme });
        const seen = await backend?.quantizing.quantizeAffine({ input, dtype, view, ...scheme });
        expect(seen?.qdata).toEqual(expected.qdata);
      }
    }
  }
});
