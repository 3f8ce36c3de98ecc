import { expect, test } from 'vitest';
import { createReferenceBackend, fromFloat32, HQQ_ITERATIONS, toFloat32 } from '../../src/index.ts';
import { createTorchSum } from '../../src/reference/torch-sum.ts';
import { randomWeights, seededRandom } from '../../src/testing/index.ts';

const { quantizing } = createReferenceBackend();
const int4 = { qmin: -8, qmax: 7, dtype: 'F32' } as const;

test('measuring by parts misses a change', async () => {
  const input = randomWeights(seededRandom(3), 256, 'F32', 'noise');
  const measure = (from: number, to: number) =>
    quantizing.measureHqqScaleOnly({
      ...int4,
      input: input.subarray(from * 4, to * 4),
      view: { outer: (to - from) / 16, length: 16, inner: 1 },
    });
  const whole = await measure(0, 256);
  const [left, right] = [await measure(0, 112), await measure(112, 256)];
  expect(left.map((change, i) => Math.max(change, right[i] ?? NaN))).toEqual(whole);
  expect(whole).toHaveLength(HQQ_ITERATIONS);
  expect(whole[0]).toBeGreaterThan(0);
});

test('the scale fits its group worse than the one it starts from', async () => {
  const input = randomWeights(seededRandom(4), 64, 'F32', 'noise');
  const view = { outer: 1, length: 64, inner: 1 };
  const refined = await quantizing.quantizeHqqScaleOnly({
    ...int4,
    input,
    view,
    iterations: HQQ_ITERATIONS,
    scaleDtype: 'F32',
  });
  const start = await quantizing.quantizeAffine({
    ...int4,
    input,
    view,
    mapping: 'SYMMETRIC',
    eps: 2 ** -23,
    scaleDtype: 'F32',
    extremes: null,
  });
  const errorOf = ({ qdata, scale }: { qdata: Int8Array; scale: Uint8Array }): number => {
    const [step = NaN] = toFloat32(scale, 'F32');
    return toFloat32(input, 'F32').reduce((sum, value, i) => sum + (value - (qdata[i] ?? NaN) * step) ** 2, 0);
  };
  expect(errorOf(refined)).toBeLessThan(errorOf(start));
});

test('a group of zeros gets a scale of zero', async () => {
  const input = fromFloat32(new Float32Array(8), 'F32');
  const view = { outer: 1, length: 8, inner: 1 };
  const { qdata, scale } = await quantizing.quantizeHqqScaleOnly({
    ...int4,
    input,
    view,
    iterations: 1,
    scaleDtype: 'F32',
  });
  expect([...qdata]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  expect([...toFloat32(scale, 'F32')]).toEqual([2 ** -23]);
});

test.each([1, 5, 7, 8, 9, 31, 32, 64, 129, 512, 4096, 40_000])('a sum of %i values loses one', (count) => {
  // Integers: every order of adding gives the exact sum.
  const values = Float32Array.from({ length: count }, (_, i) => (i % 13) - 4);
  expect(createTorchSum(count)(values)).toBe(values.reduce((sum, value) => sum + value, 0));
});

test("a sum of fewer than eight values is not added in PyTorch's order", () => {
  // Four rows of one lane: (1e8 + 1) - 1e8 + 1 in order would give 1; rows 0 and 4 meet first, then 1, 2, 3.
  const values = Float32Array.of(1e8, 1, -1e8, 1, 3);
  expect(createTorchSum(5)(values)).toBe(Math.fround(Math.fround(Math.fround(Math.fround(1e8 + 3) + 1) - 1e8) + 1));
});
