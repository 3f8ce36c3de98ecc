import { toFloat32, type FloatDtype, type LinearWeight } from '@fewbit/core';

/**
 * The power of two that brings a weight's values to 2^14 at most, where f16 has all its digits for the 2^28 below: prefill tiles
 * in f16 hold them times this. Without it a layer of small weights would lose its digits, one of large weights overflow.
 */
export function tileUnit(weight: LinearWeight): number {
  const largest = largestOf(weight);
  if (largest === 0) return 1;
  // Bounded, so that the unit and its reciprocal are normal numbers of f32.
  return 2 ** Math.min(100, Math.max(-100, 14 - Math.ceil(Math.log2(largest))));
}

/** An upper bound of the finite weights' sizes, cheap to find: statistics are read, not codes. */
function largestOf(weight: LinearWeight): number {
  switch (weight.kind) {
    case 'float':
      return largest(weight.values, weight.dtype);
    case 'affine': {
      // Codes of few bits are nibbles, whose padding stands for -8: infinity by the 0 of padded activations would be NaN.
      const code = 2 ** (Math.max(weight.bits, 4) - 1);
      const zero = weight.zeroPoint?.reduce((size, value) => Math.max(size, Math.abs(value)), 0) ?? 0;
      return largest(weight.scale, weight.scaleDtype) * (code + zero);
    }
    case 'int4':
      return 8 * largest(weight.scale, weight.dtype) + largest(weight.zeroPoint, weight.dtype);
  }
}

/** Elements that are converted at a time, so that a large weight is not held twice. */
const CHUNK_BYTES = 2 ** 18;

function largest(bytes: Uint8Array, dtype: FloatDtype): number {
  let size = 0;
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    for (const value of toFloat32(bytes.subarray(start, start + CHUNK_BYTES), dtype)) {
      const own = Math.abs(value);
      if (own > size && own < Infinity) size = own;
    }
  }
  return size;
}
