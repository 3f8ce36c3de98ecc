import { firstNibbles, lowBytes, secondNibbles, thirdNibbles, upperHalf } from '../constants';
import { addProduct, addScaled, startOf, statisticsOf, storeResults } from './grouped-head';
import {
  Nibbles,
  RECORD_BYTES,
  RECORD_SUM,
  WholeBytes,
  bytesOf,
  columnsOf,
  correctionOf,
  floatZerosOf,
  groupLengthOf,
  headBytes,
  narrowOf,
  recordsOf,
  correctionBytes,
  resultsOf,
  rowsOf,
  statisticsBytes,
  weightsOf,
  arrangedOf,
} from './grouped-layout';

// Codes of weights and activations in 16 bits: exact with every SIMD. A vector of nibbles is one of 16-bit lanes with four each,
// (c, k), (c + 4, k), (c, k + 1), (c + 4, k + 1); those in the middle are masked where they are, and their sums shifted at
// the end of a group.

/**
 * One row of activations, or few: one after the other, as unpacking a tile would not be worth it. Units are two tiles of 8 columns:
 * several at once, so that memory is read in several places.
 */
export function groupedRowWide(args: usize, from: i32, to: i32, own: usize): void {
  const rows = rowsOf(args);
  const tiles = (resultsOf(args) + 7) >> 3;
  const bytes = bytesOf(args);
  for (let unit = from; unit < to; unit++) {
    const tile = unit * 2;
    for (let row = 0; row < rows; row++) {
      if (tile + 2 <= tiles) {
        if (bytes) twoTiles<WholeBytes>(args, row, tile);
        else twoTiles<Nibbles>(args, row, tile);
        continue;
      }
      for (let one = tile; one < tiles; one++) {
        if (bytes) oneTile<WholeBytes>(args, row, one);
        else oneTile<Nibbles>(args, row, one);
      }
    }
  }
}

/** A group's sum: with nibbles, part of it is of products that stand `shift` bits too high. */
function sumOf<Codes>(plain: v128, shifted: v128, shift: i32): v128 {
  return idof<Codes>() == idof<Nibbles>() ? i32x4.add(plain, i32x4.shr_s(shifted, shift)) : plain;
}

function twoTiles<Codes>(args: usize, row: i32, tile: i32): void {
  const upper = upperHalf();
  const none = i32x4.splat(0);
  const first = firstNibbles();
  const second = secondNibbles();
  const third = thirdNibbles();
  const low = lowBytes();
  const quadBytes: usize = idof<Codes>() == idof<Nibbles>() ? 16 : 32;
  const length = groupLengthOf(args);
  const columns = columnsOf(args);
  const groups = columns / length;
  const correction = correctionOf(args);
  const narrow = narrowOf(args);
  const floatZeros = floatZerosOf(args);
  const head = headBytes(narrow, correction, floatZeros);
  const statistics = statisticsBytes(narrow);
  const zeros = statistics + correctionBytes(correction);
  const stride = <usize>groups * (head + ((<usize>length) >> 2) * quadBytes);
  let w = weightsOf(args) + <usize>tile * stride;
  let z = w + stride;
  let f0 = f32x4.splat(0);
  let f1 = f0;
  let f2 = f0;
  let f3 = f0;
  let x = arrangedOf(args) + ((<usize>(row * columns)) << 1);
  let record = recordsOf(args) + <usize>(row * groups) * RECORD_BYTES;
  for (let group = 0; group < groups; group++, record += RECORD_BYTES) {
    const head0 = w;
    const head1 = z;
    let a0 = startOf(head0 + statistics, 0, correction, record);
    let a1 = startOf(head0 + statistics, 1, correction, record);
    let b0 = none;
    let b1 = none;
    let a2 = startOf(head1 + statistics, 0, correction, record);
    let a3 = startOf(head1 + statistics, 1, correction, record);
    let b2 = none;
    let b3 = none;
    w += head;
    z += head;
    for (const end = x + ((<usize>length) << 1); x < end; x += 8, w += quadBytes, z += quadBytes) {
      const even = v128.load32_splat(x);
      const odd = v128.load32_splat(x, 4);
      if (idof<Codes>() == idof<Nibbles>()) {
        let codes = v128.load(w);
        a0 = i32x4.add(a0, i32x4.dot_i16x8_s(even, v128.and(codes, first)));
        b1 = i32x4.add(b1, i32x4.dot_i16x8_s(even, v128.and(codes, second)));
        b0 = i32x4.add(b0, i32x4.dot_i16x8_s(odd, v128.and(codes, third)));
        a1 = i32x4.add(a1, i32x4.dot_i16x8_s(odd, i16x8.shr_u(codes, 12)));
        codes = v128.load(z);
        a2 = i32x4.add(a2, i32x4.dot_i16x8_s(even, v128.and(codes, first)));
        b3 = i32x4.add(b3, i32x4.dot_i16x8_s(even, v128.and(codes, second)));
        b2 = i32x4.add(b2, i32x4.dot_i16x8_s(odd, v128.and(codes, third)));
        a3 = i32x4.add(a3, i32x4.dot_i16x8_s(odd, i16x8.shr_u(codes, 12)));
      } else {
        let codes = v128.load(w);
        a0 = i32x4.add(a0, i32x4.dot_i16x8_s(even, v128.and(codes, low)));
        a0 = i32x4.add(a0, i32x4.dot_i16x8_s(odd, i16x8.shr_u(codes, 8)));
        codes = v128.load(w, 16);
        a1 = i32x4.add(a1, i32x4.dot_i16x8_s(even, v128.and(codes, low)));
        a1 = i32x4.add(a1, i32x4.dot_i16x8_s(odd, i16x8.shr_u(codes, 8)));
        codes = v128.load(z);
        a2 = i32x4.add(a2, i32x4.dot_i16x8_s(even, v128.and(codes, low)));
        a2 = i32x4.add(a2, i32x4.dot_i16x8_s(odd, i16x8.shr_u(codes, 8)));
        codes = v128.load(z, 16);
        a3 = i32x4.add(a3, i32x4.dot_i16x8_s(even, v128.and(codes, low)));
        a3 = i32x4.add(a3, i32x4.dot_i16x8_s(odd, i16x8.shr_u(codes, 8)));
      }
    }
    f0 = addScaled(f0, sumOf<Codes>(a0, b0, 8), statisticsOf(head0, 0, narrow, upper));
    f1 = addScaled(f1, sumOf<Codes>(a1, b1, 4), statisticsOf(head0, 1, narrow, upper));
    f2 = addScaled(f2, sumOf<Codes>(a2, b2, 8), statisticsOf(head1, 0, narrow, upper));
    f3 = addScaled(f3, sumOf<Codes>(a3, b3, 4), statisticsOf(head1, 1, narrow, upper));
    if (floatZeros) {
      const sum = v128.load32_splat(record, RECORD_SUM);
      f0 = addProduct(f0, sum, statisticsOf(head0 + zeros, 0, narrow, upper));
      f1 = addProduct(f1, sum, statisticsOf(head0 + zeros, 1, narrow, upper));
      f2 = addProduct(f2, sum, statisticsOf(head1 + zeros, 0, narrow, upper));
      f3 = addProduct(f3, sum, statisticsOf(head1 + zeros, 1, narrow, upper));
    }
  }
  storeResults(args, row, tile, f0, f1);
  storeResults(args, row, tile + 1, f2, f3);
}

function oneTile<Codes>(args: usize, row: i32, tile: i32): void {
  const upper = upperHalf();
  const none = i32x4.splat(0);
  const first = firstNibbles();
  const second = secondNibbles();
  const third = thirdNibbles();
  const low = lowBytes();
  const quadBytes: usize = idof<Codes>() == idof<Nibbles>() ? 16 : 32;
  const length = groupLengthOf(args);
  const columns = columnsOf(args);
  const groups = columns / length;
  const correction = correctionOf(args);
  const narrow = narrowOf(args);
  const floatZeros = floatZerosOf(args);
  const head = headBytes(narrow, correction, floatZeros);
  const statistics = statisticsBytes(narrow);
  const zeros = statistics + correctionBytes(correction);
  const stride = <usize>groups * (head + ((<usize>length) >> 2) * quadBytes);
  let w = weightsOf(args) + <usize>tile * stride;
  let f0 = f32x4.splat(0);
  let f1 = f0;
  let x = arrangedOf(args) + ((<usize>(row * columns)) << 1);
  let record = recordsOf(args) + <usize>(row * groups) * RECORD_BYTES;
  for (let group = 0; group < groups; group++, record += RECORD_BYTES) {
    const head0 = w;
    let a0 = startOf(head0 + statistics, 0, correction, record);
    let a1 = startOf(head0 + statistics, 1, correction, record);
    let b0 = none;
    let b1 = none;
    w += head;
    for (const end = x + ((<usize>length) << 1); x < end; x += 8, w += quadBytes) {
      const even = v128.load32_splat(x);
      const odd = v128.load32_splat(x, 4);
      if (idof<Codes>() == idof<Nibbles>()) {
        let codes = v128.load(w);
        a0 = i32x4.add(a0, i32x4.dot_i16x8_s(even, v128.and(codes, first)));
        b1 = i32x4.add(b1, i32x4.dot_i16x8_s(even, v128.and(codes, second)));
        b0 = i32x4.add(b0, i32x4.dot_i16x8_s(odd, v128.and(codes, third)));
        a1 = i32x4.add(a1, i32x4.dot_i16x8_s(odd, i16x8.shr_u(codes, 12)));
      } else {
        let codes = v128.load(w);
        a0 = i32x4.add(a0, i32x4.dot_i16x8_s(even, v128.and(codes, low)));
        a0 = i32x4.add(a0, i32x4.dot_i16x8_s(odd, i16x8.shr_u(codes, 8)));
        codes = v128.load(w, 16);
        a1 = i32x4.add(a1, i32x4.dot_i16x8_s(even, v128.and(codes, low)));
        a1 = i32x4.add(a1, i32x4.dot_i16x8_s(odd, i16x8.shr_u(codes, 8)));
      }
    }
    f0 = addScaled(f0, sumOf<Codes>(a0, b0, 8), statisticsOf(head0, 0, narrow, upper));
    f1 = addScaled(f1, sumOf<Codes>(a1, b1, 4), statisticsOf(head0, 1, narrow, upper));
    if (floatZeros) {
      const sum = v128.load32_splat(record, RECORD_SUM);
      f0 = addProduct(f0, sum, statisticsOf(head0 + zeros, 0, narrow, upper));
      f1 = addProduct(f1, sum, statisticsOf(head0 + zeros, 1, narrow, upper));
    }
  }
  storeResults(args, row, tile, f0, f1);
}
