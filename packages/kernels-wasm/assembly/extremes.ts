import { Bf16, bytesOf, F32 } from './dtype';
import { f16ToF32, loadFloat, NAN_BITS } from './float';
import { fourOf } from './lanes';

// The bits of floats, taken as integers, order as the floats do once those of negative ones are turned around; NaN lie
// beyond the infinities. So extremes need no conversion, and find NaN on the way.

/** Largest |element| of a run; NaN when one is NaN. */
export function largestMagnitude<T>(at: usize, count: i32): f32 {
  const end = at + count * bytesOf<T>();
  if (idof<T>() == idof<F32>()) {
    let most = i32x4.splat(0);
    const mask = i32x4.splat(0x7fffffff);
    for (; at + 16 <= end; at += 16) most = i32x4.max_u(most, v128.and(v128.load(at), mask));
    most = i32x4.max_u(most, v128.shuffle<i32>(most, most, 2, 3, 0, 1));
    let bits = max<u32>(i32x4.extract_lane(most, 0), i32x4.extract_lane(most, 1));
    for (; at < end; at += 4) bits = max<u32>(bits, load<u32>(at) & 0x7fffffff);
    return reinterpret<f32>(bits);
  }
  let most = i16x8.splat(0);
  const mask = i16x8.splat(0x7fff);
  for (; at + 16 <= end; at += 16) most = i16x8.max_u(most, v128.and(v128.load(at), mask));
  most = i16x8.max_u(most, v128.shuffle<i32>(most, most, 2, 3, 0, 1));
  most = i16x8.max_u(most, v128.shuffle<i32>(most, most, 1, 0, 3, 2));
  let word = max<u32>(i16x8.extract_lane_u(most, 0), i16x8.extract_lane_u(most, 1));
  for (; at < end; at += 2) word = max<u32>(word, (<u32>load<u16>(at)) & 0x7fff);
  return floatOfWord<T>(word);
}

/** Smallest and largest element of a run, to two addresses; both NaN when one is NaN. A zero may have either sign. */
export function runExtremes<T>(at: usize, count: i32, lowAt: usize, highAt: usize): void {
  const end = at + count * bytesOf<T>();
  if (idof<T>() == idof<F32>()) {
    let least = i32x4.splat(i32.MAX_VALUE);
    let most = i32x4.splat(i32.MIN_VALUE);
    for (; at + 16 <= end; at += 16) {
      const bits = v128.load(at);
      const ordered = v128.xor(bits, i32x4.shr_u(i32x4.shr_s(bits, 31), 1));
      least = i32x4.min_s(least, ordered);
      most = i32x4.max_s(most, ordered);
    }
    least = i32x4.min_s(least, v128.shuffle<i32>(least, least, 2, 3, 0, 1));
    most = i32x4.max_s(most, v128.shuffle<i32>(most, most, 2, 3, 0, 1));
    let low = min<i32>(i32x4.extract_lane(least, 0), i32x4.extract_lane(least, 1));
    let high = max<i32>(i32x4.extract_lane(most, 0), i32x4.extract_lane(most, 1));
    for (; at < end; at += 4) {
      const bits = load<i32>(at);
      const ordered = bits ^ (<i32>((<u32>(bits >> 31)) >> 1));
      low = min<i32>(low, ordered);
      high = max<i32>(high, ordered);
    }
    storeExtremes(low, high, lowAt, highAt);
    return;
  }
  let least = i16x8.splat(i16.MAX_VALUE);
  let most = i16x8.splat(i16.MIN_VALUE);
  for (; at + 16 <= end; at += 16) {
    const words = v128.load(at);
    const ordered = v128.xor(words, i16x8.shr_u(i16x8.shr_s(words, 15), 1));
    least = i16x8.min_s(least, ordered);
    most = i16x8.max_s(most, ordered);
  }
  least = i16x8.min_s(least, v128.shuffle<i32>(least, least, 2, 3, 0, 1));
  most = i16x8.max_s(most, v128.shuffle<i32>(most, most, 2, 3, 0, 1));
  least = i16x8.min_s(least, v128.shuffle<i32>(least, least, 1, 0, 3, 2));
  most = i16x8.max_s(most, v128.shuffle<i32>(most, most, 1, 0, 3, 2));
  let low = min<i32>(i16x8.extract_lane_s(least, 0), i16x8.extract_lane_s(least, 1));
  let high = max<i32>(i16x8.extract_lane_s(most, 0), i16x8.extract_lane_s(most, 1));
  for (; at < end; at += 2) {
    const word = <i32>load<i16>(at);
    const ordered = word ^ (<i32>((<u32>(word >> 31)) >> 17));
    low = min<i32>(low, ordered);
    high = max<i32>(high, ordered);
  }
  const lowest = floatOfOrdered<T>(low);
  const highest = floatOfOrdered<T>(high);
  storeExtremes(orderedBits(lowest), orderedBits(highest), lowAt, highAt);
}

function orderedBits(value: f32): i32 {
  const bits = reinterpret<i32>(value);
  return bits ^ (<i32>((<u32>(bits >> 31)) >> 1));
}

function storeExtremes(low: i32, high: i32, lowAt: usize, highAt: usize): void {
  // Beyond the infinities lie the NaN.
  if (high > 0x7f800000 || low < <i32>0x807fffff) {
    store<u32>(lowAt, NAN_BITS);
    store<u32>(highAt, NAN_BITS);
    return;
  }
  store<i32>(lowAt, low ^ (<i32>((<u32>(low >> 31)) >> 1)));
  store<i32>(highAt, high ^ (<i32>((<u32>(high >> 31)) >> 1)));
}

function floatOfOrdered<T>(ordered: i32): f32 {
  return floatOfWord<T>((<u32>(ordered ^ (<i32>((<u32>(ordered >> 31)) >> 17)))) & 0xffff);
}

function floatOfWord<T>(word: u32): f32 {
  return idof<T>() == idof<Bf16>() ? reinterpret<f32>(word << 16) : f16ToF32(word);
}

/** blockMinMax of consecutive blocks: the zero that comes first in a block stands for all of its zeros. */
export function rowExtremes<T>(at: usize, blocks: i32, length: i32, lowAt: usize, highAt: usize): void {
  for (let block = 0; block < blocks; block++, at += length * bytesOf<T>(), lowAt += 4, highAt += 4) {
    runExtremes<T>(at, length, lowAt, highAt);
    if (load<f32>(lowAt) != 0 && load<f32>(highAt) != 0) continue;
    const zero = firstZero<T>(at);
    if (load<f32>(lowAt) == 0) store<f32>(lowAt, zero);
    if (load<f32>(highAt) == 0) store<f32>(highAt, zero);
  }
}

function firstZero<T>(at: usize): f32 {
  while (loadFloat<T>(at) != 0) at += bytesOf<T>();
  return loadFloat<T>(at);
}

/** Extremes of [length, inner] elements along the first dimension: f32[inner] each. The first of equal ones stays. */
export function columnExtremes<T>(at: usize, length: i32, inner: i32, lowAt: usize, highAt: usize): void {
  for (let i = 0; i < inner; i++) {
    store<f32>(lowAt + (i << 2), Infinity);
    store<f32>(highAt + (i << 2), -Infinity);
  }
  for (let row = 0; row < length; row++) {
    let low = lowAt;
    let high = highAt;
    const end = at + inner * bytesOf<T>();
    for (; at + 4 * bytesOf<T>() <= end; at += 4 * bytesOf<T>(), low += 16, high += 16) {
      const values = fourOf<T>(at);
      // All ones are a NaN, which no later element replaces.
      const nan = f32x4.ne(values, values);
      v128.store(low, v128.or(f32x4.pmin(v128.load(low), values), nan));
      v128.store(high, v128.or(f32x4.pmax(v128.load(high), values), nan));
    }
    for (; at < end; at += bytesOf<T>(), low += 4, high += 4) {
      const value = loadFloat<T>(at);
      if (value < load<f32>(low) || value != value) store<f32>(low, value);
      if (value > load<f32>(high) || value != value) store<f32>(high, value);
    }
  }
}
