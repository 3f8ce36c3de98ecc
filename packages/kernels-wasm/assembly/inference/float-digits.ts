import { nibbleMask } from '../constants';
import { INT8_QUADS, panelAt, statisticsAt } from './float-weights';
import { Codes, multiplyAdd } from './register-tile';
import { word } from './step';

// One row of activations in floating point against codes, with dot products of bytes (relaxed SIMD only). Blocks of 32 activations
// become integers of four digits, exactly or but for 2^-18 of each; a product with codes is four products with digits, whose sums
// are added up as integers. Blocks whose activations differ too much in size for that are multiplied in f32.
//
// A digit has 8 bits where dot products read bytes without a sign, else 7. The first has half its range added, to have no sign: that
// much of each sum of codes is taken away again.

/** Activations that share a power of two. */
export const BLOCK: i32 = 32;

/** Of a block: sums of the lower and upper halves of its integers, the power of two to undo, and whether it has integers. */
const RECORD_BYTES: i32 = 16;

/** Four digits of each of 32. */
const DIGIT_BYTES: i32 = 128;

/** Blocks whose sums are added up before scales come in. */
const STRETCH: i32 = 128;

/**
 * Digits: [blocks, 8, digits from the last on, 4], and records. Units are blocks. Words: f32[blocks, 32] x, digits, records, bits
 * of a digit, whether the 4 are every other one of 8 (INT4_QUADS).
 */
export function digitOperands(args: usize, from: i32, to: i32, own: usize): void {
  if (!ASC_FEATURE_RELAXED_SIMD) return;
  for (let block = from; block < to; block++) digitsOf(args, block);
}

function digitsOf(args: usize, block: i32): void {
  const x = <usize>word(args, 0) + block * BLOCK * 4;
  const digits = <usize>word(args, 1) + block * DIGIT_BYTES;
  const record = <usize>word(args, 2) + block * RECORD_BYTES;
  const bits = word(args, 3);
  let largest = f32x4.splat(0);
  for (let at = 0; at < BLOCK * 4; at += 16) largest = f32x4.max(largest, f32x4.abs(v128.load(x + at)));
  const most = max<f32>(
    max<f32>(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1)),
    max<f32>(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)),
  );
  // The largest takes all bits but the sign: 2^60 and 2^-60 leave room for powers of two.
  const exponent = <i32>(reinterpret<u32>(most) >> 23) - 127;
  const shift = most == 0 ? 0 : 4 * bits - 2 - exponent;
  let exact: bool = most == 0 || (exponent > -60 && exponent < 60);
  const factor = f32x4.splat(powerOfTwo(exact ? shift : 0));
  const close = f32x4.splat(1 / 262144.0);
  const offset = i32x4.splat(1 << (4 * bits - 1));
  const lower = i32x4.splat((1 << (2 * bits)) - 1);
  let lowSum = i32x4.splat(0);
  let highSum = lowSum;
  for (let at = 0; at < BLOCK * 4; at += 32) {
    const first = v128.load(x + at);
    const second = v128.load(x + at, 16);
    const paired = word(args, 4) != 0;
    for (let half = 0; half < 2; half++) {
      let values = half == 0 ? first : second;
      if (paired) {
        values =
          half == 0 ? v128.shuffle<i32>(first, second, 0, 2, 4, 6) : v128.shuffle<i32>(first, second, 1, 3, 5, 7);
      }
      values = f32x4.mul(values, factor);
      const integers = i32x4.trunc_sat_f32x4_s(f32x4.nearest(values));
      const error = f32x4.abs(f32x4.sub(values, f32x4.convert_i32x4_s(integers)));
      exact = exact && i32x4.all_true(f32x4.le(error, f32x4.mul(f32x4.abs(values), close)));
      lowSum = i32x4.add(lowSum, v128.and(integers, lower));
      highSum = i32x4.add(highSum, i32x4.shr_s(integers, 2 * bits));
      let bytes = i32x4.add(integers, offset);
      if (bits == 7) bytes = spread(bytes);
      const planes = v128.shuffle<i8>(bytes, bytes, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
      v128.store(digits + at + (half << 4), planes);
    }
  }
  store<i32>(record, total(lowSum));
  store<i32>(record, total(highSum), 4);
  store<f32>(record, powerOfTwo(exact ? -shift : 0), 8);
  store<i32>(record, exact ? 1 : 0, 12);
}

/** 28 bits to four bytes of 7. */
function spread(values: v128): v128 {
  const low = v128.or(v128.and(values, i32x4.splat(0x7f)), v128.and(i32x4.shl(values, 1), i32x4.splat(0x7f00)));
  const high = v128.or(
    v128.and(i32x4.shl(values, 2), i32x4.splat(0x7f0000)),
    v128.and(i32x4.shl(values, 3), i32x4.splat(0x7f000000)),
  );
  return v128.or(low, high);
}

function total(values: v128): i32 {
  return (
    i32x4.extract_lane(values, 0) +
    i32x4.extract_lane(values, 1) +
    i32x4.extract_lane(values, 2) +
    i32x4.extract_lane(values, 3)
  );
}

function powerOfTwo(exponent: i32): f32 {
  return reinterpret<f32>((<u32>(exponent + 127)) << 23);
}

/** Sums of a panel's codes as they are kept: i16[blocks, 8], for one panel after another. */
export function sumBlocks(weights: usize, bits: i32, panelBytes: i32, panels: i32, target: usize): void {
  if (!ASC_FEATURE_RELAXED_SIMD) return;
  const ones = i8x16.splat(1);
  const mask = i8x16.splat(15);
  const blockBytes = bits == 4 ? 128 : 256;
  for (let panel = 0; panel < panels; panel++, weights += panelBytes) {
    for (let block = 0; block < panelBytes; block += blockBytes, target += 16) {
      let low = i32x4.splat(0);
      let high = low;
      for (let at = block; at < min(block + blockBytes, panelBytes); at += 32) {
        let first = v128.load(weights + at);
        let second = v128.load(weights + at, 16);
        if (bits == 4) {
          first = i8x16.add(v128.and(first, mask), v128.and(i16x8.shr_u(first, 4), mask));
          second = i8x16.add(v128.and(second, mask), v128.and(i16x8.shr_u(second, 4), mask));
        }
        low = i32x4.relaxed_dot_i8x16_i7x16_add_s(first, ones, low);
        high = i32x4.relaxed_dot_i8x16_i7x16_add_s(second, ones, high);
      }
      v128.store(target, i16x8.narrow_i32x4_s(low, high));
    }
  }
}

class Bytes {}
class Nibbles {}

/** Sums over K of a panel of INT8_QUADS or INT4_QUADS, added to f32[8]. */
export function multiplyDigits(args: usize, panel: i32, sums: usize): void {
  if (word(args, 1) == INT8_QUADS) multiply<Bytes>(args, panel, sums);
  else multiply<Nibbles>(args, panel, sums);
}

function multiply<W>(args: usize, panel: i32, sums: usize): void {
  const blocks = (word(args, 8) + BLOCK - 1) / BLOCK;
  const size = (word(args, 2) + BLOCK - 1) / BLOCK;
  const blockBytes = idof<W>() == idof<Bytes>() ? 256 : 128;
  const end = panelAt(args, panel + 1);
  const rest = idof<W>() == idof<Nibbles>() && word(args, 5) != 0;
  const bits = word(args, 16);
  const stretch = sums + 32;
  let weights = panelAt(args, panel);
  let blockSums = <usize>word(args, 15) + ((panel * blocks) << 4);
  let digits = <usize>word(args, 11);
  let record = <usize>word(args, 17);
  let scales = statisticsAt(args, 3, panel, 0, 4);
  let zeros = statisticsAt(args, 4, panel, 0, 1);
  let rests = statisticsAt(args, 5, panel, 0, 4);
  let groupSums = <usize>word(args, 12);
  for (let block = 0; block < blocks;) {
    const groupEnd = min(block + size, blocks);
    while (block < groupEnd) {
      const last = min(groupEnd, block + STRETCH);
      v128.store(stretch, f32x4.splat(0));
      v128.store(stretch, f32x4.splat(0), 16);
      for (; block < last; block++) {
        const stop = min(weights + blockBytes, end);
        if (load<i32>(record, 12) != 0) addBlock<W>(weights, stop, digits, record, blockSums, zeros, bits, stretch);
        else inFloats<W>(args, weights, stop, block, zeros, stretch);
        weights += blockBytes;
        digits += DIGIT_BYTES;
        record += RECORD_BYTES;
        blockSums += 16;
      }
      addScaled(sums, v128.load(stretch), v128.load(stretch, 16), scales);
    }
    if (rest) {
      const sum = v128.load32_splat(groupSums);
      addScaled(sums, sum, sum, rests);
    }
    scales += 32;
    rests += 32;
    zeros += 8;
    groupSums += 4;
  }
}

function addScaled(sums: usize, low: v128, high: v128, scales: usize): void {
  v128.store(sums, f32x4.relaxed_madd(low, v128.load(scales), v128.load(sums)));
  v128.store(sums, f32x4.relaxed_madd(high, v128.load(scales, 16), v128.load(sums, 16)), 16);
}

/** What zero points take away from codes as they are kept. */
function zerosOf<W>(at: usize): v128 {
  const zeros = v128.load_ext<i8>(at);
  return idof<W>() == idof<Bytes>() ? zeros : i16x8.add(zeros, i16x8.splat(8));
}

// Little but the eight sums lives through the loop, which leaves them all in registers.
function addBlock<W>(
  at: usize,
  stop: usize,
  x: usize,
  record: usize,
  blockSums: usize,
  zerosAt: usize,
  bits: i32,
  sums: usize,
): void {
  const mask = nibbleMask();
  let low0 = i32x4.splat(0);
  let low1 = low0;
  let low2 = low0;
  let low3 = low0;
  let high0 = low0;
  let high1 = low0;
  let high2 = low0;
  let high3 = low0;
  for (; at < stop; at += 32, x += idof<W>() == idof<Bytes>() ? 16 : 32) {
    let lowCodes = v128.load(at);
    let highCodes = v128.load(at, 16);
    if (idof<W>() == idof<Nibbles>()) {
      const lowOdd = v128.and(i16x8.shr_u(lowCodes, 4), mask);
      const highOdd = v128.and(i16x8.shr_u(highCodes, 4), mask);
      lowCodes = v128.and(lowCodes, mask);
      highCodes = v128.and(highCodes, mask);
      const digit0 = v128.load32_splat(x, 16);
      low0 = multiplyAdd<Codes>(lowOdd, digit0, low0);
      high0 = multiplyAdd<Codes>(highOdd, digit0, high0);
      const digit1 = v128.load32_splat(x, 20);
      low1 = multiplyAdd<Codes>(lowOdd, digit1, low1);
      high1 = multiplyAdd<Codes>(highOdd, digit1, high1);
      const digit2 = v128.load32_splat(x, 24);
      low2 = multiplyAdd<Codes>(lowOdd, digit2, low2);
      high2 = multiplyAdd<Codes>(highOdd, digit2, high2);
      const digit3 = v128.load32_splat(x, 28);
      low3 = multiplyAdd<Codes>(lowOdd, digit3, low3);
      high3 = multiplyAdd<Codes>(highOdd, digit3, high3);
    }
    const digit0 = v128.load32_splat(x);
    low0 = multiplyAdd<Codes>(lowCodes, digit0, low0);
    high0 = multiplyAdd<Codes>(highCodes, digit0, high0);
    const digit1 = v128.load32_splat(x, 4);
    low1 = multiplyAdd<Codes>(lowCodes, digit1, low1);
    high1 = multiplyAdd<Codes>(highCodes, digit1, high1);
    const digit2 = v128.load32_splat(x, 8);
    low2 = multiplyAdd<Codes>(lowCodes, digit2, low2);
    high2 = multiplyAdd<Codes>(highCodes, digit2, high2);
    const digit3 = v128.load32_splat(x, 12);
    low3 = multiplyAdd<Codes>(lowCodes, digit3, low3);
    high3 = multiplyAdd<Codes>(highCodes, digit3, high3);
  }
  const codes = v128.load(blockSums);
  low3 = i32x4.sub(low3, i32x4.shl(i32x4.extend_low_i16x8_s(codes), bits - 1));
  high3 = i32x4.sub(high3, i32x4.shl(i32x4.extend_high_i16x8_s(codes), bits - 1));
  low0 = i32x4.add(low0, i32x4.shl(low1, bits));
  high0 = i32x4.add(high0, i32x4.shl(high1, bits));
  low2 = i32x4.add(low2, i32x4.shl(low3, bits));
  high2 = i32x4.add(high2, i32x4.shl(high3, bits));
  if (idof<W>() == idof<Nibbles>() || load<u64>(zerosAt) != 0) {
    const zeros = zerosOf<W>(zerosAt);
    const lowZeros = i32x4.extend_low_i16x8_s(zeros);
    const highZeros = i32x4.extend_high_i16x8_s(zeros);
    const lower = v128.load32_splat(record);
    const upper = v128.load32_splat(record, 4);
    low0 = i32x4.sub(low0, i32x4.mul(lowZeros, lower));
    high0 = i32x4.sub(high0, i32x4.mul(highZeros, lower));
    low2 = i32x4.sub(low2, i32x4.mul(lowZeros, upper));
    high2 = i32x4.sub(high2, i32x4.mul(highZeros, upper));
  }
  const carry = f32x4.splat(<f32>(1 << (2 * bits)));
  const factor = v128.load32_splat(record, 8);
  v128.store(sums, f32x4.relaxed_madd(joined(low2, low0, carry), factor, v128.load(sums)));
  v128.store(sums, f32x4.relaxed_madd(joined(high2, high0, carry), factor, v128.load(sums, 16)), 16);
}

function joined(upper: v128, lower: v128, carry: v128): v128 {
  return f32x4.relaxed_madd(f32x4.convert_i32x4_s(upper), carry, f32x4.convert_i32x4_s(lower));
}

/** A block whose activations have no integers. Behind K, activations are 0. */
function inFloats<W>(args: usize, at: usize, stop: usize, block: i32, zerosAt: usize, sums: usize): void {
  const zeros = zerosOf<W>(zerosAt);
  let x = <usize>word(args, 10) + block * BLOCK * 4;
  const lowZeros = i32x4.extend_low_i16x8_s(zeros);
  const highZeros = i32x4.extend_high_i16x8_s(zeros);
  const count = idof<W>() == idof<Bytes>() ? 4 : 8;
  let low = v128.load(sums);
  let high = v128.load(sums, 16);
  for (; at < stop; at += 32) {
    for (let place = 0; place < count; place++, x += 4) {
      const value = v128.load32_splat(x);
      low = f32x4.add(low, f32x4.mul(codesAt<W>(v128.load(at), place, lowZeros), value));
      high = f32x4.add(high, f32x4.mul(codesAt<W>(v128.load(at, 16), place, highZeros), value));
    }
  }
  v128.store(sums, low);
  v128.store(sums, high, 16);
}

function codesAt<W>(words: v128, place: i32, zeros: v128): v128 {
  const codes =
    idof<W>() == idof<Bytes>()
      ? i32x4.shr_s(i32x4.shl(words, 24 - (place << 3)), 24)
      : v128.and(i32x4.shr_u(words, place << 2), i32x4.splat(15));
  return f32x4.convert_i32x4_s(i32x4.sub(codes, zeros));
}
