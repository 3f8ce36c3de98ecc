import { fromFloat32, type AffineWeight, type LinearWeight } from '@fewbit/core';
import { describe, expect, test } from 'vitest';
import { tileUnit } from '../../src/linear/tile-unit.ts';

const LARGEST_F16 = 65504;

function floats(values: readonly number[], dtype: 'F32' | 'BF16' | 'F16'): LinearWeight {
  const bytes = fromFloat32(Float32Array.from(values), dtype).slice();
  return { kind: 'float', outFeatures: 1, inFeatures: values.length, dtype, values: bytes };
}

function codes(bits: number, scale: number, zeroPoint: number | null): AffineWeight {
  return {
    ...{ kind: 'affine', outFeatures: 1, inFeatures: 2, bits, qdata: new Int8Array(2), scaleDtype: 'F32' },
    ...{ view: { outer: 1, length: 2, inner: 1 }, scale: new Uint8Array(Float32Array.of(scale).buffer) },
    zeroPoint: zeroPoint === null ? null : Int8Array.of(zeroPoint),
  };
}

describe('the unit of weights in f16 tiles', () => {
  test.each([1e-30, 3e-9, 0.02, 1, 7, 60000, 1e30])(
    'brings a largest weight of %d to where f16 has all its digits',
    (size) => {
      for (const dtype of ['F32', 'BF16'] as const) {
        const unit = tileUnit(floats([size, -size / 2, 0], dtype));
        expect(Number.isInteger(Math.log2(unit))).toBe(true);
        expect(size * unit).toBeGreaterThan(1);
        expect(size * unit).toBeLessThan(2 ** 15);
      }
    },
  );

  test.each([1, 2, 4, 8])(
    'keeps codes of %d bits, zero points of any size and the padding of nibbles finite',
    (bits) => {
      for (const scale of [1e-6, 0.01, 100]) {
        for (const zero of [null, -128, 127]) {
          const furthest = Math.max(8, 2 ** (bits - 1)) + Math.abs(zero ?? 0);
          expect(furthest * scale * tileUnit(codes(bits, scale, zero))).toBeLessThan(LARGEST_F16);
        }
      }
    },
  );

  test('is 1 for weights that are all 0, and is not led by one that is infinite', () => {
    expect(tileUnit(floats([0, 0], 'F32'))).toBe(1);
    expect(tileUnit(floats([1, Infinity], 'F16'))).toBe(tileUnit(floats([1, 0.5], 'F16')));
  });
});
