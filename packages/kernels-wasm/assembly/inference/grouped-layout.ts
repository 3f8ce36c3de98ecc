import { word } from './step';

// Weights in groups along a row, packed by tiles of 8 columns of the result (rows of the weight), N padded to whole tiles:
//
//     [N / 8][group][head, quad of 4 k][8 n][4 k]
//
// so that lanes hold columns, which need no sum across a vector at the end, and all 8 columns share the activations of a quad.
// Codes are kept without sign, `offset` added. Of up to 4 bits, two to a byte: byte (c, k) of a vector has column c in its low
// half and column c + 4 in the high one. Of more, one to a byte: a vector of columns 0 to 3, then one of 4 to 7.
//
// A group's head: scales of 8 columns; corrections, of which kind the layer knows; zero points in floats where there are any.
// Scales and float zero points are f32[8], or in bf16 i32[4]: column c in the low half, c + 4 in the high one.

/** A layer of codes of up to 4 bits: 16 bytes for a quad of all 8 columns. */
export class Nibbles {}
/** A layer of codes of more: 32 bytes. */
export class WholeBytes {}

// Groups have at most 128 codes, so that sums over one fit in 16 bits; the host splits longer ones.
// Corrections: what makes codes with an offset, and activations with a zero point, exact before they are scaled.
/** None: activations' sums alone, the same for all columns. */
export const NO_CORRECTION: i32 = 0;
/** i16[8]: each column's sum of q - zero point, to go with the activations' zero point. */
export const SUMS: i32 = 1;
// Any other: i16[8][2], offset + zero point, and that sum.

// Of activations there is a record for each row and group, 16 bytes:
/** i32: - offset * sum of codes. */
export const RECORD_START: usize = 0;
/** i16[2]: - sum of codes, - zero point. */
export const RECORD_PAIR: usize = 4;
/** f32: sum of (code - zero point). */
export const RECORD_SUM: usize = 8;
/** i16[2]: - zero point, twice. */
export const RECORD_ZERO: usize = 12;
export const RECORD_BYTES: usize = 16;

/**
 * Rows of activations that kernels over bytes take together. Two dot products begin in a cycle and take five: twelve sums of
 * their own, of 6 rows and two times 4 columns, keep them busy, and fit in the registers.
 */
export const TILE_ROWS: i32 = 6;
/** Of kernels in 16 bits, where only an addition waits for the one before. */
export const WIDE_TILE_ROWS: i32 = 4;

// Words of a step, as the host writes them (src/inference/grouped.ts).
/** i8[M, K]. */
export function codesOf(args: usize): usize {
  return <usize>word(args, 0);
}
/**
 * Activations as the kernels of a product take them. In 16 bits: codes less their zero point, each quad as 0, 2, 1, 3. For kernels of
 * many rows: [tile of rows][quad of 4 k][row][4 k], with zeroQuadsOf before each group, and their records
 * [tile of rows][group][row].
 */
export function arrangedOf(args: usize): usize {
  return <usize>word(args, 1);
}
export function recordsOf(args: usize): usize {
  return <usize>word(args, 2);
}
/** f32[M] */
export function scalesOf(args: usize): usize {
  return <usize>word(args, 3);
}
/** i32[M] */
export function zeroPointsOf(args: usize): usize {
  return <usize>word(args, 4);
}
export function weightsOf(args: usize): usize {
  return <usize>word(args, 5);
}
export function rowsOf(args: usize): i32 {
  return word(args, 6);
}
/** K. */
export function columnsOf(args: usize): i32 {
  return word(args, 7);
}
/** N. */
export function resultsOf(args: usize): i32 {
  return word(args, 8);
}
export function groupLengthOf(args: usize): i32 {
  return word(args, 9);
}
export function correctionOf(args: usize): i32 {
  return word(args, 10);
}
export function offsetOf(args: usize): i32 {
  return word(args, 11);
}
/** Whether scales and float zero points are bf16. */
export function narrowOf(args: usize): bool {
  return word(args, 12) != 0;
}
export function floatZerosOf(args: usize): bool {
  return word(args, 13) != 0;
}
/** f32[N], or 0. */
export function biasOf(args: usize): usize {
  return <usize>word(args, 14);
}
export function dtypeOf(args: usize): i32 {
  return word(args, 15);
}
/** f32[M, N]. */
export function outputOf(args: usize): usize {
  return <usize>word(args, 16);
}
/** Whether codes take a byte each. */
export function bytesOf(args: usize): bool {
  return word(args, 17) != 0;
}

/**
 * Quads before each group's codes that carry the zero points through the dot products of many rows: each row's four times, and each
 * column's negated sum of codes in four parts. 0: codes have no sign, and corrections do it. Else the engine reads bytes of the
 * second operand without a sign, which are the activations', plus 128; codes have theirs.
 */
export function zeroQuadsOf(args: usize): i32 {
  return word(args, 18);
}

export function statisticsBytes(narrow: bool): usize {
  return narrow ? 16 : 32;
}

export function correctionBytes(correction: i32): usize {
  return <usize>(correction << 4);
}

export function headBytes(narrow: bool, correction: i32, floatZeros: bool): usize {
  return statisticsBytes(narrow) + correctionBytes(correction) + (floatZeros ? statisticsBytes(narrow) : 0);
}

/** Groups of nibbles may be so long for sums to be bounded, if their zero points are any integers of 8 bits. */
const BOUNDED_LENGTH: i32 = 96;

/** Whether a group's sum of (x - zero point) * (q - zero point) always lies within 2^22: 128 * 255 * 15, or 96 * 255 * 143. */
export function sumsAreBounded(args: usize): bool {
  const correction = correctionOf(args);
  const ownZeros = correction != NO_CORRECTION && correction != SUMS;
  return !bytesOf(args) && (!ownZeros || groupLengthOf(args) <= BOUNDED_LENGTH);
}
