import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attend } from '../attention.ts';

const memory = (keys: readonly number[], values: readonly number[]) => ({
  keys: Float32Array.from(keys),
  values: Float32Array.from(values),
});

describe('attention gives another mean of the values:', () => {
  test('a token that sees one position takes its value', () => {
    const output = attend(Float32Array.of(5), memory([3], [7]), 0, { heads: 1, keyValueHeads: 1, headDim: 1 });
    expect([...output]).toEqual([7]);
  });

  test('scores are divided by the root of headDim, and their exponentials are the weights', () => {
    const shape = { heads: 1, keyValueHeads: 1, headDim: 4 };
    const keys = [Math.log(3), 0, 0, 0, 0, 0, 0, 0];
    const output = attend(Float32Array.of(2, 0, 0, 0), memory(keys, [4, 0, 0, 8, 0, 4, 0, 0]), 1, shape);
    for (const [at, value] of [3, 1, 0, 6].entries()) expect(output[at]).toBeCloseTo(value, 6);
  });

  test('neighbouring heads of queries share keys and values', () => {
    const shape = { heads: 4, keyValueHeads: 2, headDim: 1 };
    const output = attend(Float32Array.of(1, 1, 1, 1), memory([0, 0], [10, 20]), 0, shape);
    expect([...output]).toEqual([10, 10, 20, 20]);
  });

  test('huge scores do not overflow', () => {
    const shape = { heads: 1, keyValueHeads: 1, headDim: 1 };
    expect([...attend(Float32Array.of(1e4), memory([1e4, -1e4], [1, 2]), 1, shape)]).toEqual([1]);
  });
});

test('a token sees those after it', () => {
  const shape = { heads: 2, keyValueHeads: 1, headDim: 2 };
  const numbers = (length: number) =>
    fc.array(fc.float({ min: -3, max: 3, noNaN: true }), { minLength: length, maxLength: length });
  fc.assert(
    fc.property(
      numbers(16),
      numbers(8),
      numbers(8),
      numbers(8),
      fc.integer({ min: 0, max: 2 }),
      (q, k, v, later, seen) => {
        const queries = Float32Array.from(q);
        const changed = (all: number[]) => all.map((value, at) => (at < (seen + 1) * 2 ? value : (later[at] ?? 0)));
        const before = attend(queries, memory(k, v), 0, shape);
        const after = attend(queries, memory(changed(k), changed(v)), 0, shape);
        expect(after.subarray(0, (seen + 1) * 4)).toEqual(before.subarray(0, (seen + 1) * 4));
      },
    ),
  );
});
