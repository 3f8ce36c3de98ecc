import { describe, expect, test } from 'vitest';
import { swapped } from '../../src/reference/bytes.ts';
import { fromFloat32, roundToBf16, roundToF16, toFloat32, type FloatDtype } from '../../src/index.ts';

const allWords: Uint8Array = new Uint8Array(Uint16Array.from({ length: 65536 }, (_, word) => word).buffer);

describe.each(['BF16', 'F16'] as const)('%s', (dtype) => {
  test('some value changes when it is read and written', () => {
    const values = toFloat32(allWords, dtype);
    const words = new Uint16Array(fromFloat32(values, dtype).buffer);
    const quietNaN = dtype === 'BF16' ? 0x7fc0 : 0x7e00;
    const expected = Array.from(values, (value, word) => (Number.isNaN(value) ? quietNaN : word));
    expect(Array.from(words)).toEqual(expected);
  });

  test('a weight at an odd address is read as another', () => {
    const shifted = new Uint8Array(9);
    shifted.set(allWords.subarray(2000, 2008), 1);
    expect(toFloat32(shifted.subarray(1), dtype)).toEqual(toFloat32(allWords.slice(2000, 2008), dtype));
  });
});

test('f32 weights at an odd address are read as others', () => {
  const bytes = fromFloat32(Float32Array.of(1.5, -0, 2 ** -149, Infinity), 'F32');
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  expect(Array.from(toFloat32(shifted.subarray(3), 'F32'))).toEqual([1.5, -0, 2 ** -149, Infinity]);
});

test('special values of f16 are read wrongly', () => {
  const values = toFloat32(
    new Uint8Array(
      Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x8001, 0x03ff, 0x0400, 0x7bff, 0x7c00, 0xfc00, 0x8000).buffer,
    ),
    'F16',
  );
  expect(Array.from(values)).toEqual([
    1,
    -2,
    2 ** -24,
    -(2 ** -24),
    1023 * 2 ** -24,
    2 ** -14,
    65504,
    Infinity,
    -Infinity,
    -0,
  ]);
});

describe('rounding', () => {
  const cases: readonly [FloatDtype, number, number][] = [
    // Halfway between two neighbours: the even one wins.
    ['BF16', 1 + 2 ** -8, 1],
    ['BF16', 1 + 3 * 2 ** -8, 1 + 2 ** -6],
    ['BF16', -(1 + 3 * 2 ** -8), -(1 + 2 ** -6)],
    ['BF16', 1 + 2 ** -8 + 2 ** -20, 1 + 2 ** -7],
    ['BF16', 3.4e38, Infinity],
    ['BF16', 2 ** -149, 0],
    ['BF16', -0, -0],
    ['F16', 1 + 2 ** -11, 1],
    ['F16', 1 + 3 * 2 ** -11, 1 + 2 ** -9],
    ['F16', 65519, 65504],
    ['F16', 65520, Infinity],
    ['F16', -65520, -Infinity],
    ['F16', 2 ** -25, 0],
    ['F16', -(2 ** -25), -0],
    ['F16', 3 * 2 ** -25, 2 ** -23],
    ['F16', 2 ** -14 - 2 ** -25, 2 ** -14],
    // Rounded to f32 first: 1 + 2^-11 + 2^-30 is a tie by then.
    ['F16', 1 + 2 ** -11 + 2 ** -30, 1],
    ['F16', Infinity, Infinity],
  ];
  test.each(cases)('%s of %d is not %d', (dtype, value, expected) => {
    expect(dtype === 'BF16' ? roundToBf16(value) : roundToF16(value)).toBe(expected);
  });

  test('NaN becomes a number', () => {
    expect(roundToBf16(NaN)).toBeNaN();
    expect(roundToF16(NaN)).toBeNaN();
  });
});

test('a big-endian machine writes checkpoints that others read wrongly', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  expect(Array.from(swapped(bytes, 2))).toEqual([2, 1, 4, 3, 6, 5, 8, 7]);
  expect(Array.from(swapped(bytes, 4))).toEqual([4, 3, 2, 1, 8, 7, 6, 5]);
  expect(bytes[0]).toBe(1);
});
