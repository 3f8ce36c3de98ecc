import { nibbleMask, upperHalf } from '../constants';
import { addProduct, addScaled, startOf, statisticsOf, storeResults } from './grouped-head';
import {
  RECORD_BYTES,
  RECORD_SUM,
  bytesOf,
  codesOf,
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
const ROWS_PER_BLOCK: i32 = 64;

/**
 * Several rows of activations. Units are tiles of 8 columns under blocks of 64 rows, block after block; `own` holds a tile of
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
    for (let row = first; row < min(first + ROWS_PER_BLOCK, rows); row += 4) fourRows(args, tile, own, row);
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

/** 4 rows by 8 columns, from a tile that is unpacked. Rows behind the last are the last again. */
function fourRows(args: usize, tile: i32, codes: usize, row: i32): void {
  const upper = upperHalf();
  const last = rowsOf(args) - 1;
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
  const row0 = min(row, last);
  const row1 = min(row + 1, last);
  const row2 = min(row + 2, last);
  const row3 = min(row + 3, last);
  let x0 = codesOf(args) + <usize>(row0 * columns);
  let record0 = recordsOf(args) + <usize>(row0 * groups) * RECORD_BYTES;
  let x1 = codesOf(args) + <usize>(row1 * columns);
  let record1 = recordsOf(args) + <usize>(row1 * groups) * RECORD_BYTES;
  let x2 = codesOf(args) + <usize>(row2 * columns);
  let record2 = recordsOf(args) + <usize>(row2 * groups) * RECORD_BYTES;
  let x3 = codesOf(args) + <usize>(row3 * columns);
  let record3 = recordsOf(args) + <usize>(row3 * groups) * RECORD_BYTES;
  let f00 = f32x4.splat(0);
  let f01 = f00;
  let f10 = f00;
  let f11 = f00;
  let f20 = f00;
  let f21 = f00;
  let f30 = f00;
  let f31 = f00;
  for (let group = 0; group < groups; group++, w += groupBytes) {
    let a00 = startOf(w + statistics, 0, correction, record0);
    let a01 = startOf(w + statistics, 1, correction, record0);
    let a10 = startOf(w + statistics, 0, correction, record1);
    let a11 = startOf(w + statistics, 1, correction, record1);
    let a20 = startOf(w + statistics, 0, correction, record2);
    let a21 = startOf(w + statistics, 1, correction, record2);
    let a30 = startOf(w + statistics, 0, correction, record3);
    let a31 = startOf(w + statistics, 1, correction, record3);
    for (const end = codes + ((<usize>length) << 3); codes < end; codes += 32) {
      const low = v128.load(codes);
      const high = v128.load(codes, 16);
      let quad = v128.load32_splat(x0);
      a00 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, low, a00);
      a01 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, high, a01);
      x0 += 4;
      quad = v128.load32_splat(x1);
      a10 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, low, a10);
      a11 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, high, a11);
      x1 += 4;
      quad = v128.load32_splat(x2);
      a20 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, low, a20);
      a21 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, high, a21);
      x2 += 4;
      quad = v128.load32_splat(x3);
      a30 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, low, a30);
      a31 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, high, a31);
      x3 += 4;
    }
    const scale0 = statisticsOf(w, 0, narrow, upper);
    f00 = addScaled(f00, a00, scale0);
    f10 = addScaled(f10, a10, scale0);
    f20 = addScaled(f20, a20, scale0);
    f30 = addScaled(f30, a30, scale0);
    const scale1 = statisticsOf(w, 1, narrow, upper);
    f01 = addScaled(f01, a01, scale1);
    f11 = addScaled(f11, a11, scale1);
    f21 = addScaled(f21, a21, scale1);
    f31 = addScaled(f31, a31, scale1);
    if (floatZeros) {
      const zero0 = statisticsOf(w + zeros, 0, narrow, upper);
      f00 = addProduct(f00, v128.load32_splat(record0, RECORD_SUM), zero0);
      f10 = addProduct(f10, v128.load32_splat(record1, RECORD_SUM), zero0);
      f20 = addProduct(f20, v128.load32_splat(record2, RECORD_SUM), zero0);
      f30 = addProduct(f30, v128.load32_splat(record3, RECORD_SUM), zero0);
      const zero1 = statisticsOf(w + zeros, 1, narrow, upper);
      f01 = addProduct(f01, v128.load32_splat(record0, RECORD_SUM), zero1);
      f11 = addProduct(f11, v128.load32_splat(record1, RECORD_SUM), zero1);
      f21 = addProduct(f21, v128.load32_splat(record2, RECORD_SUM), zero1);
      f31 = addProduct(f31, v128.load32_splat(record3, RECORD_SUM), zero1);
    }
    record0 += RECORD_BYTES;
    record1 += RECORD_BYTES;
    record2 += RECORD_BYTES;
    record3 += RECORD_BYTES;
  }
  storeResults(args, row0, tile, f00, f01);
  storeResults(args, row1, tile, f10, f11);
  storeResults(args, row2, tile, f20, f21);
  storeResults(args, row3, tile, f30, f31);
}
