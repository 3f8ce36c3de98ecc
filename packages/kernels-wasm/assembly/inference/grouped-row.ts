import { nibbleMask, upperHalf } from '../constants';
import { addProduct, addScaled, startOf, statisticsOf, storeResults } from './grouped-head';
import {
  Nibbles,
  RECORD_BYTES,
  RECORD_SUM,
  WholeBytes,
  bytesOf,
  codesOf,
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
} from './grouped-layout';

// The codes of weights as the second operand of a dot product over bytes: exact for codes up to 127 on every engine, for more on
// those that the host found to read them without sign, or, with no offset, with one.

/**
 * One row of activations, or few: one after the other, as unpacking a tile would not be worth it. Units are four tiles of 8 columns:
 * several at once, so that memory is read in several places.
 */
export function groupedRow(args: usize, from: i32, to: i32, own: usize): void {
  if (!ASC_FEATURE_RELAXED_SIMD) return;
  const rows = rowsOf(args);
  const tiles = (resultsOf(args) + 7) >> 3;
  const bytes = bytesOf(args);
  for (let unit = from; unit < to; unit++) {
    const tile = unit * 4;
    for (let row = 0; row < rows; row++) {
      if (tile + 4 <= tiles) {
        if (bytes) fourTiles<WholeBytes>(args, row, tile);
        else fourTiles<Nibbles>(args, row, tile);
        continue;
      }
      for (let one = tile; one < tiles; one++) {
        if (bytes) oneTile<WholeBytes>(args, row, one);
        else oneTile<Nibbles>(args, row, one);
      }
    }
  }
}

/** A quad of columns 0 to 3, whose vector at hand is `codes`. */
function firstFour<Codes>(codes: v128, mask: v128): v128 {
  return idof<Codes>() == idof<Nibbles>() ? v128.and(codes, mask) : codes;
}

/** A quad of columns 4 to 7. */
function lastFour<Codes>(at: usize, codes: v128, mask: v128): v128 {
  return idof<Codes>() == idof<Nibbles>() ? v128.and(i16x8.shr_u(codes, 4), mask) : v128.load(at, 16);
}

function fourTiles<Codes>(args: usize, row: i32, tile: i32): void {
  const upper = upperHalf();
  const mask = nibbleMask();
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
  let p = z + stride;
  let o = p + stride;
  let f0 = f32x4.splat(0);
  let f1 = f0;
  let f2 = f0;
  let f3 = f0;
  let f4 = f0;
  let f5 = f0;
  let f6 = f0;
  let f7 = f0;
  let x = codesOf(args) + <usize>(row * columns);
  let record = recordsOf(args) + <usize>(row * groups) * RECORD_BYTES;
  for (let group = 0; group < groups; group++, record += RECORD_BYTES) {
    const head0 = w;
    const head1 = z;
    const head2 = p;
    const head3 = o;
    let a0 = startOf(head0 + statistics, 0, correction, record);
    let a1 = startOf(head0 + statistics, 1, correction, record);
    let a2 = startOf(head1 + statistics, 0, correction, record);
    let a3 = startOf(head1 + statistics, 1, correction, record);
    let a4 = startOf(head2 + statistics, 0, correction, record);
    let a5 = startOf(head2 + statistics, 1, correction, record);
    let a6 = startOf(head3 + statistics, 0, correction, record);
    let a7 = startOf(head3 + statistics, 1, correction, record);
    w += head;
    z += head;
    p += head;
    o += head;
    for (const end = x + length; x < end; x += 4, w += quadBytes, z += quadBytes, p += quadBytes, o += quadBytes) {
      const quad = v128.load32_splat(x);
      let codes = v128.load(w);
      a0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, firstFour<Codes>(codes, mask), a0);
      a1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, lastFour<Codes>(w, codes, mask), a1);
      codes = v128.load(z);
      a2 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, firstFour<Codes>(codes, mask), a2);
      a3 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, lastFour<Codes>(z, codes, mask), a3);
      codes = v128.load(p);
      a4 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, firstFour<Codes>(codes, mask), a4);
      a5 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, lastFour<Codes>(p, codes, mask), a5);
      codes = v128.load(o);
      a6 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, firstFour<Codes>(codes, mask), a6);
      a7 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, lastFour<Codes>(o, codes, mask), a7);
    }
    f0 = addScaled(f0, a0, statisticsOf(head0, 0, narrow, upper));
    f1 = addScaled(f1, a1, statisticsOf(head0, 1, narrow, upper));
    f2 = addScaled(f2, a2, statisticsOf(head1, 0, narrow, upper));
    f3 = addScaled(f3, a3, statisticsOf(head1, 1, narrow, upper));
    f4 = addScaled(f4, a4, statisticsOf(head2, 0, narrow, upper));
    f5 = addScaled(f5, a5, statisticsOf(head2, 1, narrow, upper));
    f6 = addScaled(f6, a6, statisticsOf(head3, 0, narrow, upper));
    f7 = addScaled(f7, a7, statisticsOf(head3, 1, narrow, upper));
    if (floatZeros) {
      const sum = v128.load32_splat(record, RECORD_SUM);
      f0 = addProduct(f0, sum, statisticsOf(head0 + zeros, 0, narrow, upper));
      f1 = addProduct(f1, sum, statisticsOf(head0 + zeros, 1, narrow, upper));
      f2 = addProduct(f2, sum, statisticsOf(head1 + zeros, 0, narrow, upper));
      f3 = addProduct(f3, sum, statisticsOf(head1 + zeros, 1, narrow, upper));
      f4 = addProduct(f4, sum, statisticsOf(head2 + zeros, 0, narrow, upper));
      f5 = addProduct(f5, sum, statisticsOf(head2 + zeros, 1, narrow, upper));
      f6 = addProduct(f6, sum, statisticsOf(head3 + zeros, 0, narrow, upper));
      f7 = addProduct(f7, sum, statisticsOf(head3 + zeros, 1, narrow, upper));
    }
  }
  storeResults(args, row, tile, f0, f1);
  storeResults(args, row, tile + 1, f2, f3);
  storeResults(args, row, tile + 2, f4, f5);
  storeResults(args, row, tile + 3, f6, f7);
}

function oneTile<Codes>(args: usize, row: i32, tile: i32): void {
  const upper = upperHalf();
  const mask = nibbleMask();
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
  let x = codesOf(args) + <usize>(row * columns);
  let record = recordsOf(args) + <usize>(row * groups) * RECORD_BYTES;
  for (let group = 0; group < groups; group++, record += RECORD_BYTES) {
    const head0 = w;
    let a0 = startOf(head0 + statistics, 0, correction, record);
    let a1 = startOf(head0 + statistics, 1, correction, record);
    w += head;
    for (const end = x + length; x < end; x += 4, w += quadBytes) {
      const quad = v128.load32_splat(x);
      let codes = v128.load(w);
      a0 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, firstFour<Codes>(codes, mask), a0);
      a1 = i32x4.relaxed_dot_i8x16_i7x16_add_s(quad, lastFour<Codes>(w, codes, mask), a1);
    }
    f0 = addScaled(f0, a0, statisticsOf(head0, 0, narrow, upper));
    f1 = addScaled(f1, a1, statisticsOf(head0, 1, narrow, upper));
    if (floatZeros) {
      const sum = v128.load32_splat(record, RECORD_SUM);
      f0 = addProduct(f0, sum, statisticsOf(head0 + zeros, 0, narrow, upper));
      f1 = addProduct(f1, sum, statisticsOf(head0 + zeros, 1, narrow, upper));
    }
  }
  storeResults(args, row, tile, f0, f1);
}
