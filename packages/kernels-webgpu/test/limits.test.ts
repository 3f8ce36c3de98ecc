import { describe, expect, test } from 'vitest';
import { partsOf } from '../src/device/limits.ts';

const limits = { maxStorageBufferBindingSize: 1000, maxBufferSize: 1000, maxComputeWorkgroupsPerDimension: 9 };

describe('parts of a weight', () => {
  test('are one where it fits a binding, else cut at multiples of a tile, and cover every row once', () => {
    expect(partsOf(10, 100, 4, limits)).toEqual([[0, 10]]);
    expect(partsOf(11, 100, 4, limits)).toEqual([
      [0, 8],
      [8, 11],
    ]);
    expect(partsOf(0, 100, 4, limits)).toEqual([]);
  });

  test('cannot be made where a tile of rows exceeds a binding: that is said, with the bytes', () => {
    expect(() => partsOf(11, 300, 4, limits)).toThrow(/a row takes 300 bytes/);
  });
});
