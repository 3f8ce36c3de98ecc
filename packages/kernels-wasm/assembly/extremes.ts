import { magnitude16, magnitude32, upperHalf } from './constants';
import { Bf16, bytesOf, F32 } from './dtype';
import { loadFloat } from './float';
import { exactF16, fourOf } from './lanes';

// The bits of floats, taken as signed integers, order as the floats do once those of negative ones are turned around; NaN
// lie beyond the infinities. So extremes are found in vectors of the elements as they are, and NaN on the way.
//
// Four blocks at a time end in the four lanes of one vector: short groups would spend most of their time on turning eight
// lanes into one number each.

/** The smallest elements of four blocks, in a vector each, and 64 bytes behind them the greatest. */
const SPILL: usize = memory.data(128, 16);

/** Largest |element| of each block of consecutive elements, f32[blocks]; NaN when one is NaN. */
export function blockMagnitudes<T>(at: usize, blocks: i32, length: i32, largestAt: usize): void {
  const bytes = length * bytesOf<T>();
  const whole = wholeVectors<T>(length);
  const mask = idof<T>() == idof<F32>() ? magnitude32() : magnitude16();
  let block = 0;
  for (; whole == length && block + 4 <= blocks; block += 4, at += 4 * bytes, largestAt += 16) {
    let a = i32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    for (let from = at, end = at + bytes; from < end; from += 16) {
      const other = from + 2 * bytes;
      a = greater<T>(a, v128.and(v128.load(from), mask));
      b = greater<T>(b, v128.and(v128.load(from + bytes), mask));
      c = greater<T>(c, v128.and(v128.load(other), mask));
      d = greater<T>(d, v128.and(v128.load(other + bytes), mask));
    }
    v128.store(largestAt, floatsOf<T>(greatestOfFour<T>(a, b, c, d)));
  }
  for (; block < blocks; block++, at += bytes, largestAt += 4) {
    const run = runMagnitudes<T>(at, whole);
    let largest = f32x4.extract_lane(floatsOf<T>(greatestOfFour<T>(run, run, run, run)), 0);
    for (let i = whole; i < length; i++) largest = max<f32>(largest, abs<f32>(loadFloat<T>(at + i * bytesOf<T>())));
    store<f32>(largestAt, largest);
  }
}

/** Smallest and largest element of each block, f32[blocks] each; both NaN when one is NaN. A zero may have either sign. */
export function blockExtremes<T>(at: usize, blocks: i32, length: i32, lowAt: usize, highAt: usize): void {
  const bytes = length * bytesOf<T>();
  const whole = wholeVectors<T>(length);
  let block = 0;
  for (; whole == length && block + 4 <= blocks; block += 4, at += 4 * bytes, lowAt += 16, highAt += 16) {
    if (extremesOfBothSigns<T>(at, length, bytes, lowAt, highAt)) continue;
    for (let i = 0; i < 4; i++) spillExtremes<T>(at + i * bytes, length, SPILL + (i << 4));
    storeFour<T>(lowAt, highAt);
  }
  // Of a long block, its four quarters are taken side by side.
  const quarters = length == wholeVectors<T>(length >> 2) << 2;
  for (; block < blocks; block++, at += bytes, lowAt += 4, highAt += 4) {
    if (quarters && extremesOfBothSigns<T>(at, length >> 2, bytes >> 2, SPILL, SPILL + 16)) {
      store<f32>(lowAt, smallestLane(v128.load(SPILL)));
      store<f32>(highAt, -smallestLane(f32x4.neg(v128.load(SPILL, 16))));
      continue;
    }
    spillExtremes<T>(at, whole, SPILL);
    storeOne<T>();
    let low = load<f32>(SPILL);
    let high = load<f32>(SPILL, 16);
    for (let i = whole; i < length; i++) {
      const value = loadFloat<T>(at + i * bytesOf<T>());
      low = min<f32>(low, value);
      high = max<f32>(high, value);
    }
    store<f32>(lowAt, low);
    store<f32>(highAt, high);
  }
}

/**
 * The extremes of four blocks if each holds elements of either sign, as nearly all do: then the greatest is the greatest of
 * the bits as signed integers, the smallest that of the bits as unsigned ones, and nothing needs to be turned around.
 */
function extremesOfBothSigns<T>(at: usize, length: i32, bytes: i32, lowAt: usize, highAt: usize): bool {
  let a = i32x4.splat(<i32>0x80008000);
  let b = a;
  let c = a;
  let d = a;
  let e = i32x4.splat(0);
  let f = e;
  let g = e;
  let h = e;
  for (let end = at + length * bytesOf<T>(); at < end; at += 16) {
    const other = at + 2 * bytes;
    const first = v128.load(at);
    a = greater<T>(a, first);
    e = farther<T>(e, first);
    const second = v128.load(at + bytes);
    b = greater<T>(b, second);
    f = farther<T>(f, second);
    const third = v128.load(other);
    c = greater<T>(c, third);
    g = farther<T>(g, third);
    const fourth = v128.load(other + bytes);
    d = greater<T>(d, fourth);
    h = farther<T>(h, fourth);
  }
  const high = greatestOfFour<T>(a, b, c, d);
  const low = farthestOfFour<T>(e, f, g, h);
  if (i32x4.bitmask(high) != 0 || i32x4.bitmask(low) != 15) return false;
  storeExtremes(floatsOf<T>(low), floatsOf<T>(high), lowAt, highAt);
  return true;
}

function wholeVectors<T>(length: i32): i32 {
  return length & ~(16 / bytesOf<T>() - 1);
}

function runMagnitudes<T>(at: usize, count: i32): v128 {
  const end = at + count * bytesOf<T>();
  const mask = idof<T>() == idof<F32>() ? magnitude32() : magnitude16();
  let most = i32x4.splat(0);
  for (; at < end; at += 16) most = greater<T>(most, v128.and(v128.load(at), mask));
  return most;
}

function spillExtremes<T>(at: usize, count: i32, spill: usize): void {
  const end = at + count * bytesOf<T>();
  let least = infinite<T>();
  let most = v128.not(infinite<T>());
  for (; at < end; at += 16) {
    const words = ordered<T>(v128.load(at));
    least = smaller<T>(least, words);
    most = greater<T>(most, words);
  }
  v128.store(spill, least);
  v128.store(spill, most, 64);
}

function storeFour<T>(lowAt: usize, highAt: usize): void {
  const least = smallestOfFour<T>(v128.load(SPILL), v128.load(SPILL, 16), v128.load(SPILL, 32), v128.load(SPILL, 48));
  const most = greatestOfFour<T>(
    v128.load(SPILL, 64),
    v128.load(SPILL, 80),
    v128.load(SPILL, 96),
    v128.load(SPILL, 112),
  );
  storeExtremes(floatsOf<T>(ordered<F32>(least)), floatsOf<T>(ordered<F32>(most)), lowAt, highAt);
}

/** Of one block, whose extremes come out in all four lanes. */
function storeOne<T>(): void {
  const least = v128.load(SPILL);
  const most = v128.load(SPILL, 64);
  const low = smallestOfFour<T>(least, least, least, least);
  const high = greatestOfFour<T>(most, most, most, most);
  storeExtremes(floatsOf<T>(ordered<F32>(low)), floatsOf<T>(ordered<F32>(high)), SPILL, SPILL + 16);
}

/** NaN where one is. */
function smallestLane(values: v128): f32 {
  const two = f32x4.min(values, v128.shuffle<i32>(values, values, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.min(two, v128.shuffle<i32>(two, two, 1, 0, 3, 2)), 0);
}

function storeExtremes(low: v128, high: v128, lowAt: usize, highAt: usize): void {
  const nan = v128.or(f32x4.ne(low, low), f32x4.ne(high, high));
  v128.store(lowAt, v128.or(low, nan));
  v128.store(highAt, v128.or(high, nan));
}

/** Bits that order as the elements do; and back. */
function ordered<T>(words: v128): v128 {
  if (idof<T>() == idof<F32>()) return v128.xor(words, i32x4.shr_u(i32x4.shr_s(words, 31), 1));
  return v128.xor(words, i16x8.shr_u(i16x8.shr_s(words, 15), 1));
}

function infinite<T>(): v128 {
  if (idof<T>() == idof<F32>()) return i32x4.splat(0x7f800000);
  return i16x8.splat(idof<T>() == idof<Bf16>() ? 0x7f80 : 0x7c00);
}

function smaller<T>(left: v128, right: v128): v128 {
  return idof<T>() == idof<F32>() ? i32x4.min_s(left, right) : i16x8.min_s(left, right);
}

function greater<T>(left: v128, right: v128): v128 {
  return idof<T>() == idof<F32>() ? i32x4.max_s(left, right) : i16x8.max_s(left, right);
}

function farther<T>(left: v128, right: v128): v128 {
  return idof<T>() == idof<F32>() ? i32x4.max_u(left, right) : i16x8.max_u(left, right);
}

/** The smallest element of each vector, in the upper bits of a lane of its own; what is below a 16-bit word is anything. */
function smallestOfFour<T>(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = smaller<T>(v128.shuffle<i32>(a, b, 0, 1, 4, 5), v128.shuffle<i32>(a, b, 2, 3, 6, 7));
  const cd = smaller<T>(v128.shuffle<i32>(c, d, 0, 1, 4, 5), v128.shuffle<i32>(c, d, 2, 3, 6, 7));
  const abcd = smaller<T>(v128.shuffle<i32>(ab, cd, 0, 2, 4, 6), v128.shuffle<i32>(ab, cd, 1, 3, 5, 7));
  return idof<T>() == idof<F32>() ? abcd : smaller<T>(abcd, i32x4.shl(abcd, 16));
}

/** The greatest element of each vector; see smallestOfFour. */
function greatestOfFour<T>(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = greater<T>(v128.shuffle<i32>(a, b, 0, 1, 4, 5), v128.shuffle<i32>(a, b, 2, 3, 6, 7));
  const cd = greater<T>(v128.shuffle<i32>(c, d, 0, 1, 4, 5), v128.shuffle<i32>(c, d, 2, 3, 6, 7));
  const abcd = greater<T>(v128.shuffle<i32>(ab, cd, 0, 2, 4, 6), v128.shuffle<i32>(ab, cd, 1, 3, 5, 7));
  return idof<T>() == idof<F32>() ? abcd : greater<T>(abcd, i32x4.shl(abcd, 16));
}

/** The greatest element of each vector by its bits without a sign; see smallestOfFour. */
function farthestOfFour<T>(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = farther<T>(v128.shuffle<i32>(a, b, 0, 1, 4, 5), v128.shuffle<i32>(a, b, 2, 3, 6, 7));
  const cd = farther<T>(v128.shuffle<i32>(c, d, 0, 1, 4, 5), v128.shuffle<i32>(c, d, 2, 3, 6, 7));
  const abcd = farther<T>(v128.shuffle<i32>(ab, cd, 0, 2, 4, 6), v128.shuffle<i32>(ab, cd, 1, 3, 5, 7));
  return idof<T>() == idof<F32>() ? abcd : farther<T>(abcd, i32x4.shl(abcd, 16));
}

/** Elements in the upper bits of lanes, as f32, exactly. */
function floatsOf<T>(words: v128): v128 {
  if (idof<T>() == idof<F32>()) return words;
  const upper = v128.and(words, upperHalf());
  return idof<T>() == idof<Bf16>() ? upper : exactF16(upper);
}

/** blockMinMax of consecutive blocks: the zero that comes first in a block stands for all of its zeros. */
export function rowExtremes<T>(at: usize, blocks: i32, length: i32, lowAt: usize, highAt: usize): void {
  blockExtremes<T>(at, blocks, length, lowAt, highAt);
  for (let block = 0; block < blocks; block++, at += length * bytesOf<T>(), lowAt += 4, highAt += 4) {
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
