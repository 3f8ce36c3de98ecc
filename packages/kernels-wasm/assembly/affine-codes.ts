import { integerRounder, powerBits, upperHalf } from './constants';
import { bytesOf } from './dtype';
import { clampNumber } from './affine-params';
import { loadFloat, round } from './float';
import { evenOf, fourOf, integerBits, interleave, oddOf, roundExactly, roundLanes, rounderOf } from './lanes';

/** Products up to here round to integers in 16 bits, and to f16 without overflow. */
const ORDINARY: f32 = 16384;

/**
 * Whether SIMD gets the codes of some blocks right: no product is infinite, NaN or huge. `largestAt` has their largest
 * magnitudes, `factorAt` the scales' reciprocals, both f32[blocks] in memory for a multiple of four.
 */
export function allOrdinary(blocks: i32, largestAt: usize, factorAt: usize): bool {
  const bound = f32x4.splat(ORDINARY);
  const count = blocks << 2;
  let at: usize = 0;
  for (; <i32>at + 16 <= count; at += 16) {
    if (!i32x4.all_true(ordinary(v128.load(largestAt + at), v128.load(factorAt + at), bound))) return false;
  }
  const rest = ordinary(v128.load(largestAt + at), v128.load(factorAt + at), bound);
  const mask = (1 << ((count - <i32>at) >> 2)) - 1;
  return (i32x4.bitmask(rest) & mask) == mask;
}

// Comparisons are false where anything is NaN; an infinite factor goes with zeros, too.
function ordinary(largest: v128, factors: v128, bound: v128): v128 {
  const finite = f32x4.eq(f32x4.sub(factors, factors), f32x4.splat(0));
  return v128.and(f32x4.le(f32x4.mul(largest, factors), bound), finite);
}

/** The length that most recipes of 4 bits have: written out, without looking for a rest, it takes a tenth less time. */
const GROUP: i32 = 32;

/** Blocks with zero points, or with none but 0, which need not be added. */
export class Shifted {}
export class Centred {}

/**
 * torchao's quantize_affine of consecutive blocks: T is the dtype of their elements, P that of the products with the
 * scale's reciprocal, Z says what zero points there are. `simd` is what allOrdinary says of them.
 */
export function blockCodes<T, P, Z>(
  at: usize,
  blocks: i32,
  length: i32,
  codesAt: usize,
  factorAt: usize,
  zeroAt: usize,
  qmin: i32,
  qmax: i32,
  simd: bool,
): void {
  const lowest = i8x16.splat(<i8>qmin);
  const highest = i8x16.splat(<i8>qmax);
  const upper = upperHalf();
  const power = powerBits();
  const rounder = rounderOf<P>();
  const integers = integerRounder();
  if (simd && length == GROUP) {
    for (const end = factorAt + (blocks << 2); factorAt < end; factorAt += 4, zeroAt++) {
      const factors = v128.load32_splat(factorAt);
      const zeros = i16x8.splat(load<i8>(zeroAt));
      for (const codesEnd = codesAt + GROUP; codesAt < codesEnd; codesAt += 16, at += 16 * bytesOf<T>()) {
        const first = eightLevels<T, P, Z>(at, factors, zeros, upper, power, rounder, integers);
        const second = eightLevels<T, P, Z>(at + 8 * bytesOf<T>(), factors, zeros, upper, power, rounder, integers);
        v128.store(codesAt, i8x16.min_s(i8x16.max_s(i8x16.narrow_i16x8_s(first, second), lowest), highest));
      }
    }
    return;
  }
  for (let block = 0; block < blocks; block++, factorAt += 4, zeroAt++, codesAt += length) {
    const codesEnd = codesAt + length;
    let to = codesAt;
    if (simd) {
      const factors = v128.load32_splat(factorAt);
      const zeros = i16x8.splat(load<i8>(zeroAt));
      for (; to + 16 <= codesEnd; to += 16, at += 16 * bytesOf<T>()) {
        const first = eightLevels<T, P, Z>(at, factors, zeros, upper, power, rounder, integers);
        const second = eightLevels<T, P, Z>(at + 8 * bytesOf<T>(), factors, zeros, upper, power, rounder, integers);
        v128.store(to, i8x16.min_s(i8x16.max_s(i8x16.narrow_i16x8_s(first, second), lowest), highest));
      }
      if (to + 8 <= codesEnd) {
        const levels = eightLevels<T, P, Z>(at, factors, zeros, upper, power, rounder, integers);
        const codes = i8x16.min_s(i8x16.max_s(i8x16.narrow_i16x8_s(levels, levels), lowest), highest);
        v128.store64_lane(to, codes, 0);
        to += 8;
        at += 8 * bytesOf<T>();
      }
    }
    for (; to < codesEnd; to++, at += bytesOf<T>()) {
      store<i8>(to, codeOf<P>(loadFloat<T>(at), load<f32>(factorAt), load<i8>(zeroAt), qmin, qmax));
    }
  }
}

function eightLevels<T, P, Z>(
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
  const levels = interleave(integerBits(even, integers), integerBits(odd, integers));
  return idof<Z>() == idof<Centred>() ? levels : i16x8.add(levels, zeros);
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
