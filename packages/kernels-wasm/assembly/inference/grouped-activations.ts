import { integerRounder } from '../constants';
import {
  NO_CORRECTION,
  RECORD_BYTES,
  RECORD_PAIR,
  RECORD_START,
  RECORD_SUM,
  RECORD_ZERO,
  SUMS,
  TILE_ROWS,
  WIDE_TILE_ROWS,
  arrangedOf,
  codesOf,
  columnsOf,
  correctionOf,
  groupLengthOf,
  offsetOf,
  recordsOf,
  rowsOf,
  sumsAreBounded,
  zeroPointsOf,
  zeroQuadsOf,
} from './grouped-layout';

/** Few rows, for kernels over bytes, which take codes as they are: their records. Units are rows. */
export function groupRow(args: usize, from: i32, to: i32, own: usize): void {
  for (let row = from; row < to; row++) recordsOfRow(args, row, false, recordsOfFew(args, row), RECORD_BYTES);
}

/** Few rows in 16 bits. */
export function groupRowWide(args: usize, from: i32, to: i32, own: usize): void {
  for (let row = from; row < to; row++) {
    recordsOfRow(args, row, true, recordsOfFew(args, row), RECORD_BYTES);
    widenRow(args, row, arrangedOf(args) + ((<usize>(row * columnsOf(args))) << 1), 8);
  }
}

function recordsOfFew(args: usize, row: i32): usize {
  return recordsOf(args) + <usize>(row * (columnsOf(args) / groupLengthOf(args))) * RECORD_BYTES;
}

/** Rows, by tiles: a quad of each, one after the other. Units are tiles; what is behind the last row, nobody looks at. */
export function groupRows(args: usize, from: i32, to: i32, own: usize): void {
  const columns = columnsOf(args);
  const zeroQuads = zeroQuadsOf(args);
  const groups = columns / groupLengthOf(args);
  const rowBytes = columns + ((groups * zeroQuads) << 2);
  for (let unit = from; unit < to; unit++) {
    const first = unit * TILE_ROWS;
    const tile = arrangedOf(args) + <usize>(first * rowBytes);
    for (let row = first; row < min(first + TILE_ROWS, rowsOf(args)); row++) {
      recordsOfTileRow(args, row, false);
      const codes = codesOf(args) + <usize>(row * columns);
      const place = tile + <usize>((row - first) << 2);
      if (zeroQuads == 0) {
        readyRecords(args, row);
        arrangeCodes(codes, columns, place, 0);
      } else {
        arrangeGroups(args, row, codes, place);
      }
    }
  }
}

/** Quads of codes at the distance of a tile's; each word with some bits turned over. Gives where the next one goes. */
function arrangeCodes(at: usize, count: i32, to: usize, flip: i32): usize {
  const end = at + <usize>count;
  const flips = i32x4.splat(flip);
  for (; at + 16 <= end; at += 16, to += 16 * TILE_ROWS) {
    const quads = v128.xor(v128.load(at), flips);
    v128.store32_lane(to, quads, 0);
    v128.store32_lane(to, quads, 1, 4 * TILE_ROWS);
    v128.store32_lane(to, quads, 2, 8 * TILE_ROWS);
    v128.store32_lane(to, quads, 3, 12 * TILE_ROWS);
  }
  for (; at < end; at += 4, to += 4 * TILE_ROWS) store<i32>(to, load<i32>(at) ^ flip);
  return to;
}

/** Of codes plus 128, the highest bit turned over; before each group its zero points, likewise. */
function arrangeGroups(args: usize, row: i32, at: usize, to: usize): void {
  const length = groupLengthOf(args);
  const zeros = (load<i32>(zeroPointsOf(args) + ((<usize>row) << 2)) + 128) * 0x01010101;
  for (const end = at + <usize>columnsOf(args); at < end; at += length) {
    for (let quad = zeroQuadsOf(args); quad > 0; quad--, to += 4 * TILE_ROWS) store<i32>(to, zeros);
    to = arrangeCodes(at, length, to, <i32>0x80808080);
  }
}

/**
 * Makes a row's records what the kernel of many rows takes as it is: RECORD_START what sums begin with, RECORD_PAIR what goes
 * with a group's corrections.
 */
function readyRecords(args: usize, row: i32): void {
  const groups = columnsOf(args) / groupLengthOf(args);
  const correction = correctionOf(args);
  const within = row % TILE_ROWS;
  // With offsets among the corrections, these have all of it.
  const ownStart = correction == NO_CORRECTION || correction == SUMS;
  const begin = sumsAreBounded(args) ? i32x4.extract_lane(integerRounder(), 0) : 0;
  let record = recordsOf(args) + <usize>((row - within) * groups + within) * RECORD_BYTES;
  for (let group = 0; group < groups; group++, record += TILE_ROWS * RECORD_BYTES) {
    store<i32>(record, (ownStart ? load<i32>(record, RECORD_START) : 0) + begin, RECORD_START);
    if (correction == SUMS) store<i32>(record, load<i32>(record, RECORD_ZERO), RECORD_PAIR);
  }
}

/** The same in 16 bits. */
export function groupRowsWide(args: usize, from: i32, to: i32, own: usize): void {
  for (let unit = from; unit < to; unit++) {
    const first = unit * WIDE_TILE_ROWS;
    const tile = arrangedOf(args) + ((<usize>(first * columnsOf(args))) << 1);
    for (let row = first; row < min(first + WIDE_TILE_ROWS, rowsOf(args)); row++) {
      recordsOfTileRow(args, row, true);
      widenRow(args, row, tile + ((<usize>(row - first)) << 3), 8 * WIDE_TILE_ROWS);
    }
  }
}

function recordsOfTileRow(args: usize, row: i32, wide: bool): void {
  const groups = columnsOf(args) / groupLengthOf(args);
  const tileRows = wide ? WIDE_TILE_ROWS : TILE_ROWS;
  const within = row % tileRows;
  const records = recordsOf(args) + <usize>((row - within) * groups + within) * RECORD_BYTES;
  recordsOfRow(args, row, wide, records, tileRows * RECORD_BYTES);
}

function recordsOfRow(args: usize, row: i32, wide: bool, record: usize, stride: usize): void {
  const columns = columnsOf(args);
  const length = groupLengthOf(args);
  const offset = offsetOf(args);
  const zero = load<i32>(zeroPointsOf(args) + ((<usize>row) << 2));
  // Codes in 16 bits have no zero point left.
  const left = wide ? 0 : -zero;
  let at = codesOf(args) + <usize>(row * columns);
  const end = at + columns;
  for (; at < end; at += length, record += stride) {
    const sum = sumOf(at, length);
    const shifted = sum - zero * length;
    const counted = wide ? shifted : sum;
    store<i32>(record, -offset * counted, RECORD_START);
    store<i16>(record, <i16>-counted, RECORD_PAIR);
    store<i16>(record, <i16>left, RECORD_PAIR + 2);
    store<f32>(record, <f32>shifted, RECORD_SUM);
    store<i16>(record, <i16>left, RECORD_ZERO);
    store<i16>(record, <i16>left, RECORD_ZERO + 2);
  }
}

function sumOf(at: usize, length: i32): i32 {
  let sums = i32x4.splat(0);
  let done = 0;
  for (; done + 16 <= length; done += 16) {
    const pairs = i16x8.extadd_pairwise_i8x16_s(v128.load(at + done));
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(pairs));
  }
  sums = i32x4.add(sums, v128.shuffle<i32>(sums, sums, 2, 3, 0, 1));
  let sum = i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1);
  for (; done < length; done++) sum += load<i8>(at + done);
  return sum;
}

/** Codes less their zero point, each quad of them as 0, 2, 1, 3, quads at a stride. */
function widenRow(args: usize, row: i32, to: usize, stride: usize): void {
  const columns = columnsOf(args);
  const zeros = i16x8.splat(<i16>load<i32>(zeroPointsOf(args) + ((<usize>row) << 2)));
  let at = codesOf(args) + <usize>(row * columns);
  const end = at + columns;
  for (; at + 8 <= end; at += 8, to += stride << 1) {
    const codes = i16x8.sub(v128.load_ext<i8>(at), zeros);
    const quads = v128.shuffle<i16>(codes, codes, 0, 2, 1, 3, 4, 6, 5, 7);
    v128.store64_lane(to, quads, 0);
    v128.store64_lane(to + stride, quads, 1);
  }
  if (at == end) return;
  const codes = i16x8.sub(v128.load_ext<i8>(at), zeros);
  v128.store64_lane(to, v128.shuffle<i16>(codes, codes, 0, 2, 1, 3, 0, 2, 1, 3), 0);
}
