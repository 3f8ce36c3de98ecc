import { F32_CODE } from '../dtype';
import { roundExactlyTo } from '../lanes';
import {
  NO_CORRECTION,
  RECORD_PAIR,
  RECORD_START,
  RECORD_ZERO,
  SUMS,
  biasOf,
  dtypeOf,
  outputOf,
  resultsOf,
  scalesOf,
} from './grouped-layout';

// What a group's head gives to the sums of four columns: `half` is 0 for the first four, 1 for the others.

/** The integers that a group's dot products begin with. */
// @inline
export function startOf(correctionsAt: usize, half: usize, correction: i32, record: usize): v128 {
  if (correction == NO_CORRECTION) return v128.load32_splat(record, RECORD_START);
  if (correction == SUMS) {
    const sums = v128.load64_zero(correctionsAt + (half << 3));
    const products = i32x4.extmul_low_i16x8_s(sums, v128.load32_splat(record, RECORD_ZERO));
    return i32x4.add(v128.load32_splat(record, RECORD_START), products);
  }
  return i32x4.dot_i16x8_s(v128.load(correctionsAt + (half << 4)), v128.load32_splat(record, RECORD_PAIR));
}

/** Scales, or float zero points. `upper` is upperHalf(). */
// @inline
export function statisticsOf(at: usize, half: usize, narrow: bool, upper: v128): v128 {
  if (!narrow) return v128.load(at + (half << 4));
  const words = v128.load(at);
  return half == 0 ? i32x4.shl(words, 16) : v128.and(words, upper);
}

// @inline
export function addScaled(sum: v128, integers: v128, scales: v128): v128 {
  return addProduct(sum, f32x4.convert_i32x4_s(integers), scales);
}

// @inline
export function addProduct(sum: v128, left: v128, right: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(left, right, sum);
  return f32x4.add(sum, f32x4.mul(left, right));
}

/** The end of 8 results of a row: their activations' scale, the bias, the layer's dtype. */
export function storeResults(args: usize, row: i32, tile: i32, low: v128, high: v128): void {
  const scale = v128.load32_splat(scalesOf(args) + ((<usize>row) << 2));
  const bias = biasOf(args);
  const dtype = dtypeOf(args);
  const results = resultsOf(args);
  const first = tile << 3;
  low = f32x4.mul(low, scale);
  high = f32x4.mul(high, scale);
  if (bias != 0) {
    low = f32x4.add(low, v128.load(bias + ((<usize>first) << 2)));
    high = f32x4.add(high, v128.load(bias + ((<usize>first) << 2), 16));
  }
  if (dtype != F32_CODE) {
    low = roundExactlyTo(low, dtype);
    high = roundExactlyTo(high, dtype);
  }
  const at = outputOf(args) + ((<usize>(row * results + first)) << 2);
  if (first + 8 <= results) {
    v128.store(at, low);
    v128.store(at, high, 16);
    return;
  }
  // The columns behind the last are others' results.
  for (let rest = results - first, to = at; rest > 0; rest--, to += 4) {
    store<f32>(to, f32x4.extract_lane(low, 0));
    low = v128.shuffle<i32>(low, high, 1, 2, 3, 4);
    high = v128.shuffle<i32>(high, high, 1, 2, 3, 3);
  }
}
