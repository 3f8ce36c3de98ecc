import { createReferenceBackend, fromFloat32, type BlockView, type FloatDtype } from '@fewbit/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adapter, sharedBackend } from '../helpers/adapter.ts';

// What the conformance suite draws from kinds, this draws from bits: any float at any place, in blocks of any shape.

const dtypes = fc.constantFrom<FloatDtype[]>('F32', 'BF16', 'F16');
const views = fc
  .record({
    outer: fc.integer({ min: 1, max: 5 }),
    length: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 200, max: 400 })),
    inner: fc.constantFrom(1, 1, 2, 3, 65),
  })
  .map((view): BlockView => view);

/** Of f32: zeros, the smallest and largest, infinities, NaNs of every sort, what becomes 0 or infinite in f16. */
const special = [0, 1, 0x007f_ffff, 0x0080_0000, 0x3300_0000, 0x3380_0000, 0x477f_f000, 0x7f7f_ffff, 0x7f80_0000];
const nans = [0x7f80_0001, 0x7fc0_0000, 0x7fff_ffff];
const signed = (magnitudes: fc.Arbitrary<number>) =>
  fc.tuple(magnitudes, fc.boolean()).map(([bits, negative]) => (negative ? bits | 0x8000_0000 : bits) >>> 0);

/** Words to fill blocks with: of any bits, only zeros of either sign, few NaNs, all of one sign. */
const palettes = fc.oneof(
  fc.array(signed(fc.integer({ min: 0, max: 0x7fff_ffff })), { minLength: 1, maxLength: 40 }),
  fc.array(signed(fc.constantFrom(...special)), { minLength: 1, maxLength: 12 }),
  fc.array(signed(fc.constant(0)), { minLength: 2, maxLength: 7 }),
  fc.array(signed(fc.constantFrom(...special, ...nans)), { minLength: 3, maxLength: 30 }),
  fc.array(fc.constantFrom(0x8000_0000, 0, 1, 0x3f80_0000), { minLength: 2, maxLength: 9 }),
  fc.array(fc.constantFrom(0x8000_0000, 0, 0x8000_0001, 0xbf80_0000), { minLength: 2, maxLength: 9 }),
);

const weights = fc
  .record({ view: views, dtype: dtypes, palette: palettes, step: fc.integer({ min: 1, max: 97 }), raw: fc.boolean() })
  .map(({ view, dtype, palette, step, raw }) => {
    const count = view.outer * view.length * view.inner;
    const words = Uint32Array.from({ length: count }, (_, i) => palette[(i * step + (i >> 5)) % palette.length] ?? 0);
    // Raw: 16-bit words are the upper halves, whatever that is in the dtype. Otherwise the values, rounded.
    const halves = new Uint8Array(Uint16Array.from(words, (word) => word >>> 16).buffer);
    const input = raw && dtype !== 'F32' ? halves : fromFloat32(new Float32Array(words.buffer.slice(0)), dtype).slice();
    return { input: raw && dtype === 'F32' ? new Uint8Array(words.buffer) : input, dtype, view };
  });

const { quantizing: reference } = createReferenceBackend();

describe.skipIf(adapter === null)('any bits in any blocks', () => {
  test('have the extremes of the reference, the signs of zeros and the bits of NaN included', async () => {
    const { quantizing } = await sharedBackend();
    const bitsOf = (values: Float32Array): number[] => [...new Uint32Array(values.buffer, 0, values.length)];
    await fc.assert(
      fc.asyncProperty(weights, async (request) => {
        const [seen, expected] = [await quantizing.blockMinMax(request), await reference.blockMinMax(request)];
        expect(bitsOf(seen.min)).toEqual(bitsOf(expected.min));
        expect(bitsOf(seen.max)).toEqual(bitsOf(expected.max));
      }),
      { numRuns: 800 },
    );
  });

  test('have the codes, scales and zero points of the reference', async () => {
    const { quantizing } = await sharedBackend();
    const canonical = (bytes: Uint8Array, dtype: FloatDtype): string => {
      // Every NaN as the same one: in a scale its bits are nobody's promise.
      const width = dtype === 'F32' ? 4 : 2;
      const infinity = { F32: 0x7f80_0000, BF16: 0x7f80, F16: 0x7c00 }[dtype];
      const mask = width === 4 ? 0x7fff_ffff : 0x7fff;
      const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return Array.from({ length: bytes.length / width }, (_, i) => {
        const word = width === 4 ? data.getUint32(4 * i, true) : data.getUint16(2 * i, true);
        return (word & mask) > infinity ? 'NaN' : word.toString(16);
      }).join(' ');
    };
    const scheme = fc.record({
      mapping: fc.constantFrom('SYMMETRIC' as const, 'SYMMETRIC_NO_CLIPPING_ERR' as const, 'ASYMMETRIC' as const),
      bits: fc.integer({ min: 1, max: 8 }),
      eps: fc.constantFrom(2 ** -23, 2 ** -126, 1e-6),
      scaleDtype: dtypes,
      given: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(weights, scheme, async (request, { bits, given, ...others }) => {
        const half = 2 ** (bits - 1);
        const extremes = given ? await reference.blockMinMax(request) : null;
        const asked = { ...request, ...others, qmin: -half, qmax: half - 1, extremes };
        const [seen, expected] = [await quantizing.quantizeAffine(asked), await reference.quantizeAffine(asked)];
        expect(seen.qdata).toEqual(expected.qdata);
        expect(seen.zeroPoint).toEqual(expected.zeroPoint);
        expect(canonical(seen.scale, others.scaleDtype)).toBe(canonical(expected.scale, others.scaleDtype));

        const view = { outer: 2 * request.view.outer, length: request.view.length * request.view.inner, inner: 1 };
        const twice = { dtype: request.dtype, view, input: new Uint8Array(2 * request.input.length) };
        twice.input.set(request.input);
        twice.input.set(request.input, request.input.length);
        const [int4, wanted] = [await quantizing.quantizeInt4(twice), await reference.quantizeInt4(twice)];
        expect(int4.packed).toEqual(wanted.packed);
        expect(canonical(int4.scale, request.dtype)).toBe(canonical(wanted.scale, request.dtype));
        expect(canonical(int4.zeroPoint, request.dtype)).toBe(canonical(wanted.zeroPoint, request.dtype));
      }),
      { numRuns: 400 },
    );
  });
});
