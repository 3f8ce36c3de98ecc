import { bytesOf } from './dtype';
import { clampNumber } from './affine-params';
import { isFinite32, loadFloat, round } from './float';
import { evenOf, integerBits, interleave, oddOf, roundLanes } from './lanes';

/** Products up to here round to integers in 16 bits, and to f16 without overflow. */
const ORDINARY: f32 = 16384;

/**
 * torchao's quantize_affine of one run of elements of one block: T is their dtype, P that of their products with the
 * scale's reciprocal. `largest` is their largest magnitude: it tells runs that SIMD gets right from those that hold or
 * make infinities or NaN.
 */
export function runCodes<T, P>(
  at: usize,
  count: i32,
  codesAt: usize,
  factor: f32,
  zero: i32,
  qmin: i32,
  qmax: i32,
  largest: f32,
): void {
  let done = 0;
  // A false comparison where anything is NaN; infinite factors go with zeros, too.
  if (largest * factor <= ORDINARY && isFinite32(factor)) {
    const factors = f32x4.splat(factor);
    const zeros = i16x8.splat(<i16>zero);
    const lowest = i8x16.splat(<i8>qmin);
    const highest = i8x16.splat(<i8>qmax);
    for (; done + 16 <= count; done += 16) {
      const first = eightLevels<T, P>(at + done * bytesOf<T>(), factors, zeros);
      const second = eightLevels<T, P>(at + (done + 8) * bytesOf<T>(), factors, zeros);
      const codes = i8x16.narrow_i16x8_s(first, second);
      v128.store(codesAt + done, i8x16.min_s(i8x16.max_s(codes, lowest), highest));
    }
    if (done + 8 <= count) {
      const levels = eightLevels<T, P>(at + done * bytesOf<T>(), factors, zeros);
      const codes = i8x16.min_s(i8x16.max_s(i8x16.narrow_i16x8_s(levels, levels), lowest), highest);
      v128.store64_lane(codesAt + done, codes, 0);
      done += 8;
    }
  }
  for (; done < count; done++) {
    store<i8>(codesAt + done, codeOf<P>(loadFloat<T>(at + done * bytesOf<T>()), factor, zero, qmin, qmax));
  }
}

function eightLevels<T, P>(at: usize, factors: v128, zeros: v128): v128 {
  const even = integerBits(roundLanes<P>(f32x4.mul(evenOf<T>(at), factors)));
  const odd = integerBits(roundLanes<P>(f32x4.mul(oddOf<T>(at), factors)));
  return i16x8.add(interleave(even, odd), zeros);
}

/** The code of one element, whatever it is. */
export function codeOf<P>(value: f32, factor: f32, zero: i32, qmin: i32, qmax: i32): i8 {
  const level = nearest<f32>(round<P>(value * factor)) + <f32>zero;
  return <i8>(<i32>clampNumber(level, <f32>qmin, <f32>qmax));
}
