import fc from 'fast-check';
import { expect, test } from 'vitest';
import { roundToBf16, roundToF16, toFloat32 } from '../../src/index.ts';
import { roundHalfEven } from '../../src/reference/rounding.ts';

const words: Uint8Array = new Uint8Array(Uint16Array.from({ length: 65536 }, (_, word) => word).buffer);

/** All finite values of a dtype in ascending order, once. */
function finiteValues(dtype: 'BF16' | 'F16'): Float64Array {
  const values = Float64Array.from(toFloat32(words, dtype)).filter((value) => Number.isFinite(value));
  return Float64Array.from(new Set(values.sort()));
}

test.each([
  ['BF16', roundToBf16, finiteValues('BF16')],
  ['F16', roundToF16, finiteValues('F16')],
] as const)('%s: a value is not rounded to its nearest neighbour', (_, round, values) => {
  const largest = values.at(-1) ?? 0;
  fc.assert(
    fc.property(
      fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-largest), max: Math.fround(largest) }),
      (value) => {
        const rounded = round(value);
        let low = 0;
        let high = values.length - 1;
        while (low < high) {
          const middle = (low + high + 1) >> 1;
          if ((values[middle] ?? 0) <= value) low = middle;
          else high = middle - 1;
        }
        const below = values[low] ?? NaN;
        const above = values[Math.min(low + 1, values.length - 1)] ?? NaN;
        const error = Math.abs(value - rounded);
        expect(error).toBeLessThanOrEqual(Math.abs(value - below));
        expect(error).toBeLessThanOrEqual(Math.abs(above - value));
        expect(Object.is(Math.sign(rounded), -0) || Math.sign(rounded) < 0).toBe(Object.is(value, -0) || value < 0);
      },
    ),
    { seed: 1, numRuns: 3000 },
  );
});

test('rounding to integers is not half to even', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -(2 ** 50), max: 2 ** 50 }), (value) => {
      const floor = Math.floor(value);
      const fraction = value - floor;
      const up = fraction > 0.5 || (fraction === 0.5 && floor % 2 !== 0);
      expect(roundHalfEven(value) + 0).toBe((up ? floor + 1 : floor) + 0);
    }),
    { seed: 2, numRuns: 3000, examples: [[0.5], [1.5], [-0.5], [-2.5], [2 ** 50 - 0.5], [0.49999999999999994]] },
  );
  expect(roundHalfEven(Infinity)).toBe(Infinity);
  expect(roundHalfEven(-Infinity)).toBe(-Infinity);
  expect(roundHalfEven(NaN)).toBeNaN();
});
