import { nibbleMask, upperHalf } from '../constants';
import { addProduct, addScaled, statisticsOf, storeResults } from './grouped-head';
import {
  NO_CORRECTION,
  RECORD_BYTES,
  RECORD_PAIR,
  RECORD_START,
  RECORD_SUM,
  RECORD_ZERO,
  SUMS,
  TILE_ROWS,
  bytesOf,
  arrangedOf,
  columnsOf,
  correctionOf,
  correctionBytes,
  floatZerosOf,
  groupLengthOf,
  headBytes,
  narrowOf,
  recordsOf,
  resultsOf,
  rowsOf,
  statisticsBytes,
  weightsOf,
} from './grouped-layout';

/** Rows of activations that share a tile once it is unpacked. */
const ROWS_PER_BLOCK: i32 = 120;

/**
 * Several rows of activations. Units are tiles of 8 columns under blocks of 120 rows, block after block; `own` holds a tile of
 * 8 bytes for each of K.
 */
export function groupedRows(args: usize, from: i32, to: i32, own: usize): void {
  if (!ASC_FEATURE_RELAXED_SIMD) return;
  const rows = rowsOf(args);
  const tiles = (resultsOf(args) + 7) >> 3;
  for (let unit = from; unit < to; unit++) {
    const tile = unit % tiles;
    const first = (unit / tiles) * ROWS_PER_BLOCK;
    unpackTile(args, tile, own);
    for (let row = first; row < min(first + ROWS_PER_BLOCK, rows); row += TILE_ROWS) sixRows(args, tile, own, row);
  }
}

/** A tile's codes in bytes, without the heads between them. */
function unpackTile(args: usize, tile: i32, to: usize): void {
  const nibbles = nibbleMask();
  const length = groupLengthOf(args);
  const groups = columnsOf(args) / length;
  const wholeBytes = bytesOf(args);
  const head = headBytes(narrowOf(args), correctionOf(args), floatZerosOf(args));
  const stride = <usize>groups * (head + ((<usize>length) << (wholeBytes ? 3 : 2)));
  let w = weightsOf(args) + <usize>tile * stride;
  for (let group = 0; group < groups; group++) {
    w += head;
    if (wholeBytes) {
      for (const end = w + <usize>(length << 3); w < end; w += 32, to += 32) {
        v128.store(to, v128.load(w));
        v128.store(to, v128.load(w, 16), 16);
      }
    } else {
      for (const end = w + <usize>(length << 2); w < end; w += 16, to += 32) {
        const codes = v128.load(w);
        v128.store(to, v128.and(codes, nibbles));
        v128.store(to, v128.and(i16x8.shr_u(codes, 4), nibbles), 16);
      }
    }
  }
}

/** 6 rows by 8 columns, from a tile that is unpacked. */
function sixRows(args: usize, tile: i32, codes: usize, row: i32): void {
  const upper = upperHalf();
  const columns = columnsOf(args);
  const length = groupLengthOf(args);
  const groups = columns / length;
  const correction = correctionOf(args);
  const narrow = narrowOf(args);
  const floatZeros = floatZerosOf(args);
  const head = headBytes(narrow, correction, floatZeros);
  const statistics = statisticsBytes(narrow);
  const zeros = statistics + correctionBytes(correction);
  const groupBytes = head + ((<usize>length) << (bytesOf(args) ? 3 : 2));
  let w = weightsOf(args) + <usize>(tile * groups) * groupBytes;
  let x = arrangedOf(args) + <usize>(row * columns);
  let record = recordsOf(args) + <usize>(row * groups) * RECORD_BYTES;
  const none = i32x4.splat(0);
  // With offsets among the corrections, a start has them all.
  const ownStart = correction == NO_CORRECTION || correction == SUMS;
  const startMask = ownStart ? i32x4.splat(-1) : none;
  const pairAt = ownStart ? RECORD_ZERO : RECORD_PAIR;
  let f00 = f32x4.splat(0);
  let f01 = f00;
  let f10 = f00;
  let f11 = f00;
  let f20 = f00;
  let f21 = f00;
  let f30 = f00;
  let f31 = f00;
  let f40 = f00;
  let f41 = f00;
  let f50 = f00;
  let f51 = f00;
  for (let group = 0; group < groups; group++, w += groupBytes, record += TILE_ROWS * RECORD_BYTES) {
    let low = none;
    let high = none;
    let a00 = v128.and(v128.load32_splat(record, RECORD_START), startMask);
    let a01 = a00;
    let a10 = v128.and(v128.load32_splat(record, 1 * RECORD_BYTES + RECORD_START), startMask);
    let a11 = a10;
    let a20 = v128.and(v128.load32_splat(record, 2 * RECORD_BYTES + RECORD_START), startMask);
    let a21 = a20;
    let a30 = v128.and(v128.load32_splat(record, 3 * RECORD_BYTES + RECORD_START), startMask);
    let a31 = a30;
    let a40 = v128.and(v128.load32_splat(record, 4 * RECORD_BYTES + RECORD_START), startMask);
    let a41 = a40;
    let a50 = v128.and(v128.load32_splat(record, 5 * RECORD_BYTES + RECORD_START), startMask);
    let a51 = a50;
    if (correction != NO_CORRECTION) {
      if (correction == SUMS) {
        // In the lower half of a lane, with 0 above it: a dot product of two then is the one product.
        low = i32x4.extend_low_i16x8_u(v128.load64_zero(w + statistics));
        high = i32x4.extend_low_i16x8_u(v128.load64_zero(w + statistics, 8));
      } else {
        low = v128.load(w + statistics);
        high = v128.load(w + statistics, 16);
      }
      const pairs = record + pairAt;
      let pair = v128.load32_splat(pairs);
      a00 = i32x4.add(a00, i32x4.dot_i16x8_s(low, pair));
      a01 = i32x4.add(a01, i32x4.dot_i16x8_s(high, pair));
      pair = v128.load32_splat(pairs, 1 * RECORD_BYTES);
      a10 = i32x4.add(a10, i32x4.dot_i16x8_s(low, pair));
      a11 = i32x4.add(a11, i32x4.dot_i16x8_s(high, pair));
      pair = v128.load32_splat(pairs, 2 * RECORD_BYTES);
      a20 = i32x4.add(a20, i32x4.dot_i16x8_s(low, pair));
      a21 = i32x4.add(a21, i32x4.dot_i16x8_s(high, pair));
      pair = v128.load32_splat(pairs, 3 * RECORD_BYTES);
      a30 = i32x4.add(a30, i32x4.dot_i16x8_s(low, pair));
      a31 = i32x4.add(a31, i32x4.dot_i16x8_s(high, pair));
      pair = v128.load32_splat(pairs, 4 * RECORD_BYTES);
      a40 = i32x4.add(a40, i32x4.dot_i16x8_s(low, pair));
      a41 = i32x4.add(a41, i32x4.dot_i16x8_s(high, pair));
      pair = v128.load32_splat(pairs, 5 * RECORD_BYTES);
      a50 = i32x4.add(a50, i32x4.dot_i16x8_s(low, pair));
      a51 = i32x4.add(a51, i32x4.dot_i16x8_s(high, pair));
    }
    for (const end = codes + ((<usize>length) << 3); codes < end; codes += 32, x += 4 * TILE_ROWS) {
      low = v128.load(codes);
      high = v128.load(codes, 16);
      let quad = v128.load32_splat(x);
      a00 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, low, a00);
      a01 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, high, a01);
      quad = v128.load32_splat(x, 4);
      a10 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, low, a10);
      a11 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, high, a11);
      quad = v128.load32_splat(x, 8);
      a20 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, low, a20);
      a21 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, high, a21);
      quad = v128.load32_splat(x, 12);
      a30 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, low, a30);
      a31 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, high, a31);
      quad = v128.load32_splat(x, 16);
      a40 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, low, a40);
      a41 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, high, a41);
      quad = v128.load32_splat(x, 20);
      a50 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, low, a50);
      a51 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, high, a51);
    }
    const scale0 = statisticsOf(w, 0, narrow, upper);
    f00 = addScaled(f00, a00, scale0);
    f10 = addScaled(f10, a10, scale0);
    f20 = addScaled(f20, a20, scale0);
    f30 = addScaled(f30, a30, scale0);
    f40 = addScaled(f40, a40, scale0);
    f50 = addScaled(f50, a50, scale0);
    const scale1 = statisticsOf(w, 1, narrow, upper);
    f01 = addScaled(f01, a01, scale1);
    f11 = addScaled(f11, a11, scale1);
    f21 = addScaled(f21, a21, scale1);
    f31 = addScaled(f31, a31, scale1);
    f41 = addScaled(f41, a41, scale1);
    f51 = addScaled(f51, a51, scale1);
    if (floatZeros) {
      const zero0 = statisticsOf(w + zeros, 0, narrow, upper);
      f00 = addProduct(f00, v128.load32_splat(record, RECORD_SUM), zero0);
      f10 = addProduct(f10, v128.load32_splat(record + 1 * RECORD_BYTES, RECORD_SUM), zero0);
      f20 = addProduct(f20, v128.load32_splat(record + 2 * RECORD_BYTES, RECORD_SUM), zero0);
      f30 = addProduct(f30, v128.load32_splat(record + 3 * RECORD_BYTES, RECORD_SUM), zero0);
      f40 = addProduct(f40, v128.load32_splat(record + 4 * RECORD_BYTES, RECORD_SUM), zero0);
      f50 = addProduct(f50, v128.load32_splat(record + 5 * RECORD_BYTES, RECORD_SUM), zero0);
      const zero1 = statisticsOf(w + zeros, 1, narrow, upper);
      f01 = addProduct(f01, v128.load32_splat(record, RECORD_SUM), zero1);
      f11 = addProduct(f11, v128.load32_splat(record + 1 * RECORD_BYTES, RECORD_SUM), zero1);
      f21 = addProduct(f21, v128.load32_splat(record + 2 * RECORD_BYTES, RECORD_SUM), zero1);
      f31 = addProduct(f31, v128.load32_splat(record + 3 * RECORD_BYTES, RECORD_SUM), zero1);
      f41 = addProduct(f41, v128.load32_splat(record + 4 * RECORD_BYTES, RECORD_SUM), zero1);
      f51 = addProduct(f51, v128.load32_splat(record + 5 * RECORD_BYTES, RECORD_SUM), zero1);
    }
  }
  const rows = rowsOf(args) - row;
  storeResults(args, row, tile, f00, f01);
  if (rows > 1) storeResults(args, row + 1, tile, f10, f11);
  if (rows > 2) storeResults(args, row + 2, tile, f20, f21);
  if (rows > 3) storeResults(args, row + 3, tile, f30, f31);
  if (rows > 4) storeResults(args, row + 4, tile, f40, f41);
  if (rows > 5) storeResults(args, row + 5, tile, f50, f51);
}
