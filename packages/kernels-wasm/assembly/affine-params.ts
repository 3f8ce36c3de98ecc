import { bytesOfCode, dtypeCode } from './dtype';
import { roundExactly, roundExactlyTo, storeFourOf } from './lanes';

// Mapping types, as the host passes them.
const SYMMETRIC: i32 = 0;
const SYMMETRIC_NO_CLIPPING_ERR: i32 = 1;

// What every block of a request shares. One request runs at a time.
export let qmin: i32 = 0;
export let qmax: i32 = 0;
export let scaleDtype: i32 = 0;
let mapping: i32 = 0;
let lowestScale: f32 = 0;

/** `lowest` is `eps` rounded to the weight's dtype. */
export function setScheme(low: i32, high: i32, map: i32, lowest: f32, dtype: i32): void {
  qmin = low;
  qmax = high;
  mapping = map;
  lowestScale = lowest;
  scaleDtype = dtype;
}

/** Whether only the larger magnitude of a block's extremes counts. */
export function symmetricScale(): bool {
  return mapping == SYMMETRIC;
}

/** What all zero points are unless they depend on a block's extremes. */
function middleCode(): i8 {
  return <i8>((qmax + qmin + 1) / 2);
}

/** Whether no block has a zero point but 0. */
export function zeroPointsAreZero(): bool {
  return mapping <= SYMMETRIC_NO_CLIPPING_ERR && middleCode() == 0;
}

/**
 * torchao's choose_qparams_affine for some blocks, from their extremes: scales and zero points to the result, and what
 * elements are multiplied with, the scale's reciprocal in its own dtype, to f32[blocks].
 *
 * Without `lowAt` (0), `highAt` has the largest magnitude of each block, which is all that a symmetric scale looks at.
 *
 * Works on four blocks at a time: reads and writes up to three behind the last.
 */
export function chooseParams<T>(
  blocks: i32,
  lowAt: usize,
  highAt: usize,
  factorAt: usize,
  scaleAt: usize,
  zeroAt: usize,
): void {
  const none = f32x4.splat(0);
  const lowest = f32x4.splat(<f32>qmin);
  const highest = f32x4.splat(<f32>qmax);
  const range = f32x4.sub(highest, lowest);
  const halfRange = f32x4.mul(range, f32x4.splat(0.5));
  const leastScale = f32x4.splat(lowestScale);
  const scaleBytes = bytesOfCode(scaleDtype);
  let zeros = i8x16.splat(middleCode());
  for (let block = 0; block < blocks; block += 4) {
    let low = none;
    let high = v128.load(highAt + (block << 2));
    if (lowAt != 0) {
      low = f32x4.min(v128.load(lowAt + (block << 2)), none);
      high = f32x4.max(high, none);
    }
    let scale: v128;
    if (mapping == SYMMETRIC) {
      if (lowAt != 0) high = f32x4.max(f32x4.neg(low), high);
      scale = roundExactly<T>(f32x4.div(high, halfRange));
    } else if (mapping == SYMMETRIC_NO_CLIPPING_ERR) {
      const negative = roundExactly<T>(f32x4.div(low, lowest));
      const positive = roundExactly<T>(f32x4.div(high, highest));
      // A negative zero gives way to a positive one, which pmax below would not see to.
      scale = f32x4.max(v128.bitselect(negative, positive, f32x4.gt(negative, positive)), leastScale);
    } else {
      scale = roundExactly<T>(f32x4.div(roundExactly<T>(f32x4.sub(high, low)), range));
    }
    // Keeps NaN.
    scale = f32x4.pmax(scale, leastScale);
    if (mapping > SYMMETRIC_NO_CLIPPING_ERR) {
      const zero = f32x4.sub(lowest, f32x4.nearest(roundExactly<T>(f32x4.div(low, scale))));
      // NaN becomes 0.
      const integers = i32x4.trunc_sat_f32x4_s(f32x4.pmin(f32x4.pmax(zero, lowest), highest));
      const words = i16x8.narrow_i32x4_s(integers, integers);
      zeros = i8x16.narrow_i16x8_s(words, words);
    }
    const cast = scaleDtype == dtypeCode<T>() ? scale : roundExactlyTo(scale, scaleDtype);
    storeFourOf(scaleAt + block * scaleBytes, cast, scaleDtype);
    v128.store32_lane(zeroAt + block, zeros, 0);
    v128.store(factorAt + (block << 2), roundExactlyTo(f32x4.div(f32x4.splat(1), cast), scaleDtype));
  }
}

/** A number within bounds; 0 for NaN, which is what x86 makes of it. */
export function clampNumber(value: f32, low: f32, high: f32): f32 {
  if (value != value) return 0;
  return value < low ? low : value > high ? high : value;
}
