import { integerRounder, nibbleMask, upperHalf } from '../constants';
import { addProduct, statisticsOf, storeResults } from './grouped-head';
import {
  NO_CORRECTION,
  RECORD_BYTES,
  RECORD_PAIR,
  RECORD_START,
  RECORD_SUM,
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
  offsetOf,
  recordsOf,
  resultsOf,
  rowsOf,
  statisticsBytes,
  sumsAreBounded,
  weightsOf,
  zeroQuadsOf,
} from './grouped-layout';

/** Rows of activations that share a tile once it is unpacked. */
const ROWS_PER_BLOCK: i32 = 120;

/** What follows a group's codes in a tile that is unpacked: f32[8] scales, corrections as i32[8], f32[8] float zero points. */
const HEAD_CORRECTIONS: usize = 32;
const HEAD_ZEROS: usize = 64;
const HEAD_BYTES: usize = 96;

/**
 * Several rows of activations. Units are tiles of 8 columns under blocks of 120 rows, block after block; `own` holds a tile of
 * 8 bytes for each of K, and for each group 96, and 32 for each of its zero quads.
 */
export function groupedRows(args: usize, from: i32, to: i32, own: usize): void {
  if (!ASC_FEATURE_RELAXED_SIMD) return;
  const rows = rowsOf(args);
  const tiles = (resultsOf(args) + 7) >> 3;
  const bounded = sumsAreBounded(args);
  const zeroQuads = zeroQuadsOf(args);
  for (let unit = from; unit < to; unit++) {
    const tile = unit % tiles;
    const first = (unit / tiles) * ROWS_PER_BLOCK;
    unpackTile(args, tile, own);
    for (let row = first; row < min(first + ROWS_PER_BLOCK, rows); row += TILE_ROWS) {
      if (zeroQuads != 0) fewRows<Balanced>(args, tile, own, row, rows - row);
      else if (bounded) fewRows<Bounded>(args, tile, own, row, rows - row);
      else fewRows<Any>(args, tile, own, row, rows - row);
    }
  }
}

/** Sums of a group that stay within 22 bits, or not; and those that zero points are part of, see zeroQuadsOf. */
class Bounded {}
class Any {}
class Balanced {}

function fewRows<S>(args: usize, tile: i32, own: usize, row: i32, count: i32): void {
  if (count > 4) rowsOfTile<S, Six>(args, tile, own, row);
  else if (count > 2) rowsOfTile<S, Four>(args, tile, own, row);
  else rowsOfTile<S, Two>(args, tile, own, row);
}

/** A tile as the rows of a block read it again and again: codes in bytes, what stands in a head at its full width. */
function unpackTile(args: usize, tile: i32, to: usize): void {
  const nibbles = nibbleMask();
  const upper = upperHalf();
  const length = groupLengthOf(args);
  const groups = columnsOf(args) / length;
  const wholeBytes = bytesOf(args);
  const narrow = narrowOf(args);
  const correction = correctionOf(args);
  const floatZeros = floatZerosOf(args);
  const statistics = statisticsBytes(narrow);
  const head = headBytes(narrow, correction, floatZeros);
  const zeroQuads = zeroQuadsOf(args);
  const offsets = i8x16.splat(zeroQuads == 0 ? 0 : <i8>offsetOf(args));
  const stride = <usize>groups * (head + ((<usize>length) << (wholeBytes ? 3 : 2)));
  let w = weightsOf(args) + <usize>tile * stride;
  for (let group = 0; group < groups; group++, to += HEAD_BYTES) {
    const headAt = w;
    w += head;
    if (zeroQuads != 0) to = unpackZeroQuads(headAt + statistics, zeroQuads, to);
    if (wholeBytes) {
      for (const end = w + <usize>(length << 3); w < end; w += 32, to += 32) {
        v128.store(to, v128.load(w));
        v128.store(to, v128.load(w, 16), 16);
      }
    } else {
      for (const end = w + <usize>(length << 2); w < end; w += 16, to += 32) {
        const codes = v128.load(w);
        v128.store(to, i8x16.sub(v128.and(codes, nibbles), offsets));
        v128.store(to, i8x16.sub(v128.and(i16x8.shr_u(codes, 4), nibbles), offsets), 16);
      }
    }
    v128.store(to, statisticsOf(headAt, 0, narrow, upper));
    v128.store(to, statisticsOf(headAt, 1, narrow, upper), 16);
    if (correction == SUMS && zeroQuads == 0) {
      // In the lower half of a lane, with 0 above it: a dot product of two then is the one product.
      v128.store(to, i32x4.extend_low_i16x8_u(v128.load64_zero(headAt + statistics)), HEAD_CORRECTIONS);
      v128.store(to, i32x4.extend_low_i16x8_u(v128.load64_zero(headAt + statistics, 8)), HEAD_CORRECTIONS + 16);
    } else if (correction != SUMS && correction != NO_CORRECTION) {
      v128.store(to, v128.load(headAt + statistics), HEAD_CORRECTIONS);
      v128.store(to, v128.load(headAt + statistics, 16), HEAD_CORRECTIONS + 16);
    }
    if (floatZeros) {
      const zeros = headAt + statistics + correctionBytes(correction);
      v128.store(to, statisticsOf(zeros, 0, narrow, upper), HEAD_ZEROS);
      v128.store(to, statisticsOf(zeros, 1, narrow, upper), HEAD_ZEROS + 16);
    }
  }
}

/** A quad takes so much of a sum: four signed bytes. */
const MOST_OF_QUAD: i16 = 4 * 127;

/** The sums of 8 columns' codes, negated, in quads of parts. Gives where the next byte goes. */
function unpackZeroQuads(sumsAt: usize, quads: i32, to: usize): usize {
  const most = i16x8.splat(MOST_OF_QUAD);
  const least = i16x8.splat(-MOST_OF_QUAD);
  const byte = i16x8.splat(255);
  let left = i16x8.neg(v128.load(sumsAt));
  for (; quads > 0; quads--, to += 32) {
    const part = i16x8.min_s(i16x8.max_s(left, least), most);
    left = i16x8.sub(left, part);
    // n is the sum of (n + i) / 4, rounded down, for i from 0 to 3.
    const a = i16x8.shr_s(part, 2);
    const b = i16x8.shr_s(i16x8.add(part, i16x8.splat(1)), 2);
    const c = i16x8.shr_s(i16x8.add(part, i16x8.splat(2)), 2);
    const d = i16x8.shr_s(i16x8.add(part, i16x8.splat(3)), 2);
    const ab = v128.or(v128.and(a, byte), i16x8.shl(b, 8));
    const cd = v128.or(v128.and(c, byte), i16x8.shl(d, 8));
    v128.store(to, v128.shuffle<i16>(ab, cd, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(to, v128.shuffle<i16>(ab, cd, 4, 12, 5, 13, 6, 14, 7, 15), 16);
  }
  return to;
}

/** A dot product of a group. Balanced codes have a sign, and activations have none, which is the second operand's way. */
// @inline
function addDots<S>(activations: v128, codes: v128, sums: v128): v128 {
  if (idof<S>() == idof<Balanced>()) return i32x4.relaxed_dot_i8x16_i7x16_add_s(codes, activations, sums);
  return i32x4.relaxed_dot_i8x16_i7x16_add_s(activations, codes, sums);
}

/**
 * A group's sums, as f32. Bounded and balanced ones began with the bits of 1.5 * 2^23 (groupRows), which hold integers of 22 bits in their
 * place: taking it away is a conversion, on ports that dot products do not need.
 */
function floatsOf<S>(sums: v128, begin: v128): v128 {
  return idof<S>() == idof<Any>() ? f32x4.convert_i32x4_s(sums) : f32x4.sub(sums, begin);
}

/** Rows of a tile that are there. */
class Two {}
class Four {}
class Six {}

/** Up to 6 rows by 8 columns, from a tile that is unpacked. Written out, as nothing but locals is kept in registers. */
function rowsOfTile<S, R>(args: usize, tile: i32, codes: usize, row: i32): void {
  const begin = integerRounder();
  const columns = columnsOf(args);
  const length = groupLengthOf(args);
  const groups = columns / length;
  // Codes, and what else is multiplied like them.
  const counted = length + (zeroQuadsOf(args) << 2);
  const corrected = correctionOf(args) != NO_CORRECTION;
  const floatZeros = floatZerosOf(args);
  let x = arrangedOf(args) + <usize>(row * groups * counted);
  let record = recordsOf(args) + <usize>(row * groups) * RECORD_BYTES;
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
  for (let group = 0; group < groups; group++, codes += HEAD_BYTES, record += TILE_ROWS * RECORD_BYTES) {
    const head = codes + ((<usize>counted) << 3);
    let a00: v128;
    let a01: v128;
    let a10: v128;
    let a11: v128;
    let a20 = begin;
    let a21 = begin;
    let a30 = begin;
    let a31 = begin;
    let a40 = begin;
    let a41 = begin;
    let a50 = begin;
    let a51 = begin;
    if (idof<S>() == idof<Balanced>()) {
      // The first of the zero quads. Sums that all began with one vector, the compiler would keep in memory.
      const low = v128.load(codes);
      const high = v128.load(codes, 16);
      let quad: v128;
      quad = v128.load32_splat(x, 0);
      a00 = addDots<S>(quad, low, begin);
      a01 = addDots<S>(quad, high, begin);
      quad = v128.load32_splat(x, 4);
      a10 = addDots<S>(quad, low, begin);
      a11 = addDots<S>(quad, high, begin);
      if (idof<R>() != idof<Two>()) {
        quad = v128.load32_splat(x, 8);
        a20 = addDots<S>(quad, low, begin);
        a21 = addDots<S>(quad, high, begin);
        quad = v128.load32_splat(x, 12);
        a30 = addDots<S>(quad, low, begin);
        a31 = addDots<S>(quad, high, begin);
      }
      if (idof<R>() == idof<Six>()) {
        quad = v128.load32_splat(x, 16);
        a40 = addDots<S>(quad, low, begin);
        a41 = addDots<S>(quad, high, begin);
        quad = v128.load32_splat(x, 20);
        a50 = addDots<S>(quad, low, begin);
        a51 = addDots<S>(quad, high, begin);
      }
      codes += 32;
      x += 4 * TILE_ROWS;
    } else {
      a00 = v128.load32_splat(record, RECORD_START);
      a01 = a00;
      a10 = v128.load32_splat(record, 1 * RECORD_BYTES + RECORD_START);
      a11 = a10;
      if (idof<R>() != idof<Two>()) {
        a20 = v128.load32_splat(record, 2 * RECORD_BYTES + RECORD_START);
        a21 = a20;
        a30 = v128.load32_splat(record, 3 * RECORD_BYTES + RECORD_START);
        a31 = a30;
      }
      if (idof<R>() == idof<Six>()) {
        a40 = v128.load32_splat(record, 4 * RECORD_BYTES + RECORD_START);
        a41 = a40;
        a50 = v128.load32_splat(record, 5 * RECORD_BYTES + RECORD_START);
        a51 = a50;
      }
    }
    if (idof<S>() != idof<Balanced>() && corrected) {
      const low = v128.load(head, HEAD_CORRECTIONS);
      const high = v128.load(head, HEAD_CORRECTIONS + 16);
      let pair: v128;
      pair = v128.load32_splat(record, RECORD_PAIR);
      a00 = i32x4.add(a00, i32x4.dot_i16x8_s(low, pair));
      a01 = i32x4.add(a01, i32x4.dot_i16x8_s(high, pair));
      pair = v128.load32_splat(record, 1 * RECORD_BYTES + RECORD_PAIR);
      a10 = i32x4.add(a10, i32x4.dot_i16x8_s(low, pair));
      a11 = i32x4.add(a11, i32x4.dot_i16x8_s(high, pair));
      if (idof<R>() != idof<Two>()) {
        pair = v128.load32_splat(record, 2 * RECORD_BYTES + RECORD_PAIR);
        a20 = i32x4.add(a20, i32x4.dot_i16x8_s(low, pair));
        a21 = i32x4.add(a21, i32x4.dot_i16x8_s(high, pair));
        pair = v128.load32_splat(record, 3 * RECORD_BYTES + RECORD_PAIR);
        a30 = i32x4.add(a30, i32x4.dot_i16x8_s(low, pair));
        a31 = i32x4.add(a31, i32x4.dot_i16x8_s(high, pair));
      }
      if (idof<R>() == idof<Six>()) {
        pair = v128.load32_splat(record, 4 * RECORD_BYTES + RECORD_PAIR);
        a40 = i32x4.add(a40, i32x4.dot_i16x8_s(low, pair));
        a41 = i32x4.add(a41, i32x4.dot_i16x8_s(high, pair));
        pair = v128.load32_splat(record, 5 * RECORD_BYTES + RECORD_PAIR);
        a50 = i32x4.add(a50, i32x4.dot_i16x8_s(low, pair));
        a51 = i32x4.add(a51, i32x4.dot_i16x8_s(high, pair));
      }
    }
    for (; codes < head; codes += 32, x += 4 * TILE_ROWS) {
      const low = v128.load(codes);
      const high = v128.load(codes, 16);
      let quad: v128;
      quad = v128.load32_splat(x, 0);
      a00 = addDots<S>(quad, low, a00);
      a01 = addDots<S>(quad, high, a01);
      quad = v128.load32_splat(x, 4);
      a10 = addDots<S>(quad, low, a10);
      a11 = addDots<S>(quad, high, a11);
      if (idof<R>() != idof<Two>()) {
        quad = v128.load32_splat(x, 8);
        a20 = addDots<S>(quad, low, a20);
        a21 = addDots<S>(quad, high, a21);
        quad = v128.load32_splat(x, 12);
        a30 = addDots<S>(quad, low, a30);
        a31 = addDots<S>(quad, high, a31);
      }
      if (idof<R>() == idof<Six>()) {
        quad = v128.load32_splat(x, 16);
        a40 = addDots<S>(quad, low, a40);
        a41 = addDots<S>(quad, high, a41);
        quad = v128.load32_splat(x, 20);
        a50 = addDots<S>(quad, low, a50);
        a51 = addDots<S>(quad, high, a51);
      }
    }
    const scale0 = v128.load(codes);
    const scale1 = v128.load(codes, 16);
    f00 = addProduct(f00, floatsOf<S>(a00, begin), scale0);
    f01 = addProduct(f01, floatsOf<S>(a01, begin), scale1);
    f10 = addProduct(f10, floatsOf<S>(a10, begin), scale0);
    f11 = addProduct(f11, floatsOf<S>(a11, begin), scale1);
    if (idof<R>() != idof<Two>()) {
      f20 = addProduct(f20, floatsOf<S>(a20, begin), scale0);
      f21 = addProduct(f21, floatsOf<S>(a21, begin), scale1);
      f30 = addProduct(f30, floatsOf<S>(a30, begin), scale0);
      f31 = addProduct(f31, floatsOf<S>(a31, begin), scale1);
    }
    if (idof<R>() == idof<Six>()) {
      f40 = addProduct(f40, floatsOf<S>(a40, begin), scale0);
      f41 = addProduct(f41, floatsOf<S>(a41, begin), scale1);
      f50 = addProduct(f50, floatsOf<S>(a50, begin), scale0);
      f51 = addProduct(f51, floatsOf<S>(a51, begin), scale1);
    }
    if (floatZeros) {
      const zero0 = v128.load(codes, HEAD_ZEROS);
      const zero1 = v128.load(codes, HEAD_ZEROS + 16);
      let sum: v128;
      sum = v128.load32_splat(record, RECORD_SUM);
      f00 = addProduct(f00, sum, zero0);
      f01 = addProduct(f01, sum, zero1);
      sum = v128.load32_splat(record, 1 * RECORD_BYTES + RECORD_SUM);
      f10 = addProduct(f10, sum, zero0);
      f11 = addProduct(f11, sum, zero1);
      if (idof<R>() != idof<Two>()) {
        sum = v128.load32_splat(record, 2 * RECORD_BYTES + RECORD_SUM);
        f20 = addProduct(f20, sum, zero0);
        f21 = addProduct(f21, sum, zero1);
        sum = v128.load32_splat(record, 3 * RECORD_BYTES + RECORD_SUM);
        f30 = addProduct(f30, sum, zero0);
        f31 = addProduct(f31, sum, zero1);
      }
      if (idof<R>() == idof<Six>()) {
        sum = v128.load32_splat(record, 4 * RECORD_BYTES + RECORD_SUM);
        f40 = addProduct(f40, sum, zero0);
        f41 = addProduct(f41, sum, zero1);
        sum = v128.load32_splat(record, 5 * RECORD_BYTES + RECORD_SUM);
        f50 = addProduct(f50, sum, zero0);
        f51 = addProduct(f51, sum, zero1);
      }
    }
  }
  const rows = rowsOf(args) - row;
  storeResults(args, row, tile, f00, f01);
  if (rows > 1) storeResults(args, row + 1, tile, f10, f11);
  if (idof<R>() == idof<Two>()) return;
  if (rows > 2) storeResults(args, row + 2, tile, f20, f21);
  if (rows > 3) storeResults(args, row + 3, tile, f30, f31);
  if (idof<R>() == idof<Four>()) return;
  if (rows > 4) storeResults(args, row + 4, tile, f40, f41);
  if (rows > 5) storeResults(args, row + 5, tile, f50, f51);
}
