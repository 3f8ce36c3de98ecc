import { integerRounder, powerBits, upperHalf } from './constants';
import { bytesOf } from './dtype';
import { clampNumber } from './affine-params';
import { isFinite32, loadFloat, round } from './float';
import { evenOf, fourOf, integerBits, interleave, oddOf, roundExactly, roundLanes, rounderOf } from './lanes';

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
    const upper = upperHalf();
    const power = powerBits();
    const rounder = rounderOf<P>();
    const integers = integerRounder();
    for (; done + 16 <= count; done += 16) {
      const from = at + done * bytesOf<T>();
      const first = eightLevels<T, P>(from, factors, zeros, upper, power, rounder, integers);
      const second = eightLevels<T, P>(from + 8 * bytesOf<T>(), factors, zeros, upper, power, rounder, integers);
      const codes = i8x16.narrow_i16x8_s(first, second);
      v128.store(codesAt + done, i8x16.min_s(i8x16.max_s(codes, lowest), highest));
    }
    if (done + 8 <= count) {
      const levels = eightLevels<T, P>(at + done * bytesOf<T>(), factors, zeros, upper, power, rounder, integers);
      const codes = i8x16.min_s(i8x16.max_s(i8x16.narrow_i16x8_s(levels, levels), lowest), highest);
      v128.store64_lane(codesAt + done, codes, 0);
      done += 8;
    }
  }
  for (; done < count; done++) {
    store<i8>(codesAt + done, codeOf<P>(loadFloat<T>(at + done * bytesOf<T>()), factor, zero, qmin, qmax));
  }
}

function eightLevels<T, P>(
  at: usize,
  factors: v128,
  zeros: v128,
  upper: v128,
  power: v128,
  rounder: v128,
  integers: v128,
): v128 {
  const even = roundLanes<P>(f32x4.mul(evenOf<T>(at), factors), power, rounder);
  const odd = roundLanes<P>(f32x4.mul(oddOf<T>(at, upper), factors), power, rounder);
  return i16x8.add(interleave(integerBits(even, integers), integerBits(odd, integers)), zeros);
}

/** quantize_affine of one element each of `count` blocks side by side, whatever the elements are. */
export function columnCodes<T, P>(
  at: usize,
  count: i32,
  codesAt: usize,
  factorAt: usize,
  zeroAt: usize,
  qmin: i32,
  qmax: i32,
): void {
  const low = f32x4.splat(<f32>qmin);
  const high = f32x4.splat(<f32>qmax);
  let done = 0;
  for (; done + 8 <= count; done += 8) {
    const zeros = v128.load_ext<i8>(zeroAt + done);
    const factors = factorAt + (done << 2);
    const from = at + done * bytesOf<T>();
    const first = fourLevels<T, P>(from, factors, i32x4.extend_low_i16x8_s(zeros), low, high);
    const second = fourLevels<T, P>(from + 4 * bytesOf<T>(), factors + 16, i32x4.extend_high_i16x8_s(zeros), low, high);
    const words = i16x8.narrow_i32x4_s(first, second);
    v128.store64_lane(codesAt + done, i8x16.narrow_i16x8_s(words, words), 0);
  }
  for (; done < count; done++) {
    const factor = load<f32>(factorAt + (done << 2));
    const value = loadFloat<T>(at + done * bytesOf<T>());
    store<i8>(codesAt + done, codeOf<P>(value, factor, load<i8>(zeroAt + done), qmin, qmax));
  }
}

function fourLevels<T, P>(at: usize, factorAt: usize, zeros: v128, low: v128, high: v128): v128 {
  const products = roundExactly<P>(f32x4.mul(fourOf<T>(at), v128.load(factorAt)));
  const levels = f32x4.add(f32x4.nearest(products), f32x4.convert_i32x4_s(zeros));
  // pmin and pmax keep NaN, which the conversion makes 0.
  return i32x4.trunc_sat_f32x4_s(f32x4.pmin(f32x4.pmax(levels, low), high));
}

/** The code of one element, whatever it is. */
export function codeOf<P>(value: f32, factor: f32, zero: i32, qmin: i32, qmax: i32): i8 {
  const level = nearest<f32>(round<P>(value * factor)) + <f32>zero;
  return <i8>(<i32>clampNumber(level, <f32>qmin, <f32>qmax));
}
