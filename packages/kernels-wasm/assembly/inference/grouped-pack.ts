import { bytesOfCode } from '../dtype';
import { loadFloatOf } from '../float';
import { NO_CORRECTION, SUMS, correctionBytes, headBytes, statisticsBytes } from './grouped-layout';

/**
 * Packs a tile of 8 rows of a weight; see grouped-layout. Rows behind the last are copies of it. Gives whether all codes are
 * within their bits.
 *
 * `codes`: of the tile's first row, i8[rows, K], or [rows, K / 2] nibbles where `nibbles`. `scale` and `zero`: of the tile's
 * first row, [rows, K / (length * parts)], i8 zero points (0: none) or, where `floatZeros`, of the scales' dtype.
 */
export function packGroups(
  codes: usize,
  nibbles: i32,
  rows: i32,
  columns: i32,
  length: i32,
  parts: i32,
  scale: usize,
  scaleDtype: i32,
  zero: usize,
  floatZeros: i32,
  bits: i32,
  offset: i32,
  correction: i32,
  narrow: i32,
  output: usize,
): i32 {
  const rowBytes = nibbles != 0 ? columns >> 1 : columns;
  const stored = columns / (length * parts);
  const scaleBytes = bytesOfCode(scaleDtype);
  const statistics = statisticsBytes(narrow != 0);
  const corrections = output + statistics;
  const head = headBytes(narrow != 0, correction, floatZeros != 0);
  const groupBytes = head + <usize>(bits > 4 ? length << 3 : length << 2);
  const offsets = i8x16.splat(<i8>offset);
  const outside: i32 = -1 << bits;
  const beyond = i8x16.splat(<i8>outside);
  let seen = i32x4.splat(0);
  const groups = columns / length;
  for (let group = 0, first = 0, to = output; group < groups; group++, first += length, to += groupBytes) {
    let sumsLow = i32x4.splat(0);
    let sumsHigh = sumsLow;
    let out = to + head;
    for (let k = first; k < first + length; k += 4) {
      let low: v128;
      let high: v128;
      if (nibbles != 0) {
        const pairs = quadsOfNibbles(codes + (k >> 1), rowBytes, rows);
        const mask = i8x16.splat(15);
        const even = v128.and(pairs, mask);
        const odd = v128.and(i16x8.shr_u(pairs, 4), mask);
        const eight = i8x16.splat(8);
        low = v128.xor(i8x16.shuffle(even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), eight);
        high = v128.xor(i8x16.shuffle(even, odd, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31), eight);
      } else {
        low = i8x16.add(quadsOf(codes + k, rowBytes, 0, rows), offsets);
        high = i8x16.add(quadsOf(codes + k, rowBytes, 4, rows), offsets);
        seen = v128.or(seen, v128.or(low, high));
      }
      if (correction != NO_CORRECTION) {
        sumsLow = i32x4.add(sumsLow, sumsOfQuads(low, offset));
        sumsHigh = i32x4.add(sumsHigh, sumsOfQuads(high, offset));
      }
      if (bits > 4) {
        v128.store(out, low);
        v128.store(out, high, 16);
        out += 32;
      } else {
        v128.store(out, v128.or(low, i16x8.shl(high, 4)));
        out += 16;
      }
    }
    const block = group / parts;
    for (let column = 0; column < 8; column++) {
      const at = <usize>(min(column, rows - 1) * stored + block);
      putStatistic(to, column, loadFloatOf(scale + at * scaleBytes, scaleDtype), narrow != 0);
      if (floatZeros != 0) {
        const zeros = to + statistics + correctionBytes(correction);
        putStatistic(zeros, column, loadFloatOf(zero + at * scaleBytes, scaleDtype), narrow != 0);
      }
      if (correction == NO_CORRECTION) continue;
      const shift = offset + (zero == 0 || floatZeros != 0 ? 0 : <i32>load<i8>(zero + at));
      const lane = column & 3;
      const sum = laneOf(column < 4 ? sumsLow : sumsHigh, lane) - shift * length;
      const place = to + (corrections - output);
      if (correction == SUMS) {
        store<i16>(place + ((<usize>column) << 1), <i16>sum);
      } else {
        store<i16>(place + ((<usize>column) << 2), <i16>shift);
        store<i16>(place + ((<usize>column) << 2), <i16>sum, 2);
      }
    }
  }
  return v128.any_true(v128.and(seen, beyond)) ? 0 : 1;
}

/** Four codes of each of four rows from `first` on. */
function quadsOf(at: usize, stride: usize, first: i32, rows: i32): v128 {
  const last = rows - 1;
  let quads = v128.load32_zero(at + <usize>min(first, last) * stride);
  quads = v128.load32_lane(at + <usize>min(first + 1, last) * stride, quads, 1);
  quads = v128.load32_lane(at + <usize>min(first + 2, last) * stride, quads, 2);
  return v128.load32_lane(at + <usize>min(first + 3, last) * stride, quads, 3);
}

/** Four nibbles of each of eight rows. */
function quadsOfNibbles(at: usize, stride: usize, rows: i32): v128 {
  const last = rows - 1;
  let quads = i16x8.splat(load<i16>(at));
  quads = v128.load16_lane(at + <usize>min(1, last) * stride, quads, 1);
  quads = v128.load16_lane(at + <usize>min(2, last) * stride, quads, 2);
  quads = v128.load16_lane(at + <usize>min(3, last) * stride, quads, 3);
  quads = v128.load16_lane(at + <usize>min(4, last) * stride, quads, 4);
  quads = v128.load16_lane(at + <usize>min(5, last) * stride, quads, 5);
  quads = v128.load16_lane(at + <usize>min(6, last) * stride, quads, 6);
  return v128.load16_lane(at + <usize>min(7, last) * stride, quads, 7);
}

/** Codes with an offset have no sign; without one, they do. */
function sumsOfQuads(quads: v128, offset: i32): v128 {
  if (offset == 0) return i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_s(quads));
  return i32x4.extadd_pairwise_i16x8_s(i16x8.extadd_pairwise_i8x16_u(quads));
}

function laneOf(lanes: v128, lane: i32): i32 {
  if (lane == 0) return i32x4.extract_lane(lanes, 0);
  if (lane == 1) return i32x4.extract_lane(lanes, 1);
  return lane == 2 ? i32x4.extract_lane(lanes, 2) : i32x4.extract_lane(lanes, 3);
}

function putStatistic(at: usize, column: i32, value: f32, narrow: bool): void {
  if (!narrow) store<f32>(at + ((<usize>column) << 2), value);
  else
    store<u16>(at + ((<usize>(column & 3)) << 2) + ((<usize>(column >> 2)) << 1), <u16>(reinterpret<u32>(value) >> 16));
}
