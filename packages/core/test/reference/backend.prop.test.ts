import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createReferenceBackend,
  fromFloat32,
  toFloat32,
  type AffineResult,
  type FloatDtype,
  type MappingType,
} from '../../src/index.ts';

const { quantizing } = createReferenceBackend();

const dtypes = fc.constantFrom<FloatDtype[]>('F32', 'BF16', 'F16');
const mappings = fc.constantFrom<MappingType[]>('SYMMETRIC', 'SYMMETRIC_NO_CLIPPING_ERR', 'ASYMMETRIC');
const weights = (length: number) =>
  fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), { minLength: length, maxLength: length });

test('a code lies outside of its range', async () => {
  await fc.assert(
    fc.asyncProperty(
      weights(24),
      dtypes,
      dtypes,
      mappings,
      fc.integer({ min: 1, max: 8 }),
      async (values, dtype, scaleDtype, mapping, bits) => {
        const [qmin, qmax] = [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
        const input = fromFloat32(Float32Array.from(values), dtype);
        const { qdata, zeroPoint } = await quantizing.quantizeAffine({
          input,
          dtype,
          scaleDtype,
          mapping,
          qmin,
          qmax,
          eps: 2 ** -14,
          extremes: null,
          view: { outer: 2, length: 4, inner: 3 },
        });
        for (const code of [...qdata, ...zeroPoint]) {
          expect(code).toBeGreaterThanOrEqual(qmin);
          expect(code).toBeLessThanOrEqual(qmax);
        }
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});

test('a weight comes back further than a step from itself', async () => {
  await fc.assert(
    fc.asyncProperty(weights(32), mappings, fc.integer({ min: 2, max: 8 }), async (values, mapping, bits) => {
      const [qmin, qmax] = [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
      const view = { outer: 4, length: 8, inner: 1 };
      const input = fromFloat32(Float32Array.from(values), 'F32');
      const { qdata, scale, zeroPoint } = await quantizing.quantizeAffine({
        input,
        dtype: 'F32',
        scaleDtype: 'F32',
        mapping,
        qmin,
        qmax,
        eps: 2 ** -126,
        extremes: null,
        view,
      });
      const back = toFloat32(
        await quantizing.dequantizeAffine({ qdata, scale, scaleDtype: 'F32', zeroPoint, view, dtype: 'F32' }),
        'F32',
      );
      const steps = toFloat32(scale, 'F32');
      back.forEach((value, i) => {
        expect(Math.abs(value - Math.fround(values[i] ?? NaN))).toBeLessThanOrEqual((steps[i >> 3] ?? 0) * 1.0001);
      });
    }),
    { seed: 2, numRuns: 300 },
  );
});

test('quantizing a part with the extremes of the whole gives other codes', async () => {
  await fc.assert(
    fc.asyncProperty(
      weights(30),
      dtypes,
      mappings,
      fc.integer({ min: 1, max: 9 }),
      async (values, dtype, mapping, cut) => {
        const input = fromFloat32(Float32Array.from(values), dtype);
        const width = input.length / 30;
        const scheme = { dtype, mapping, qmin: -8, qmax: 7, eps: 2 ** -14, scaleDtype: dtype };
        const view = { outer: 1, length: 10, inner: 3 };
        const whole = copied(await quantizing.quantizeAffine({ ...scheme, input, view, extremes: null }));
        const extremes = await quantizing.blockMinMax({ input, dtype, view });
        const part = async (from: number, to: number) =>
          copied(
            await quantizing.quantizeAffine({
              ...scheme,
              input: input.subarray(from * 3 * width, to * 3 * width),
              view: { outer: 1, length: to - from, inner: 3 },
              extremes,
            }),
          );
        const [head, tail] = [await part(0, cut), await part(cut, 10)];
        expect([...head.qdata, ...tail.qdata]).toEqual([...whole.qdata]);
        expect([head.scale, tail.scale]).toEqual([whole.scale, whole.scale]);
        expect([head.zeroPoint, tail.zeroPoint]).toEqual([whole.zeroPoint, whole.zeroPoint]);
      },
    ),
    { seed: 3, numRuns: 200 },
  );
});

/** A result that outlives the next operation. */
function copied({ qdata, scale, zeroPoint }: AffineResult): AffineResult {
  return { qdata: qdata.slice(), scale: scale.slice(), zeroPoint: zeroPoint.slice() };
}
