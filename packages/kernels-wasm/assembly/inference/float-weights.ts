import { exponentStep, shiftedF16, upperHalf } from '../constants';
import { Bf16, F16, F32 } from '../dtype';
import { PANEL } from './panels';
import { STEP_BYTES } from './register-tile';
import { word } from './step';

// Weights that meet activations in floating point. A panel of 8 rows is kept as
//
// - F32, BF16, F16: [K, 8] as stored; of 16 bits, row 4 + i beside row i. Those of F16 are finite.
// - codes of 8 bits: [K, 8].
// - codes of 4 bits: [K / 8, 8] words of 8 nibbles, the first in the lowest bits: 8 more than the code, but for the last nibble.
//
// - codes of 8 bits in quads: [K / 4, 8, 4]; of 4 bits: as above, but each nibble is 8 more. Groups of these are multiples of 32
//   columns, or whole rows. For relaxed SIMD only.
//
// Codes have, for each group of columns, 8 scales (f32), 8 integer zero points (i8), and of 4 bits, what is left of a zero point in
// the floating-point domain (f32): w = (q - zero) * scale + rest. The zero point is the nearest integer there, so that the
// two terms never cancel.

export const F32_WEIGHTS: i32 = 0;
export const BF16_WEIGHTS: i32 = 1;
export const F16_WEIGHTS: i32 = 2;
export const INT8_WEIGHTS: i32 = 3;
export const INT4_WEIGHTS: i32 = 4;
// The last kind, 6, is INT4_QUADS.
export const INT8_QUADS: i32 = 5;

/** Columns that are added up in one go, before sums of them are: what keeps errors of long rows small. */
export const RUN: i32 = 128;

/** What turns nibbles into two's complement, of INT4_WEIGHTS and of INT4_QUADS. */
const NIBBLE_FLIPS: i32 = 0x08888888;
const ALL_NIBBLE_FLIPS: i32 = 0x88888888;

// Words of floatRows, first those of the weight: panels, kind, columns to a group, f32[panels, groups, 8] scales, i8 zero points of
// the same shape, f32 rests or 0, f32[N] biases (-0 for none); N, K.

export function panelAt(args: usize, panel: i32): usize {
  const columns = word(args, 8);
  const kind = word(args, 1);
  // Rows are filled up to whole pieces of 16 bytes.
  const bytes =
    kind == F32_WEIGHTS
      ? columns << 2
      : kind == BF16_WEIGHTS || kind == F16_WEIGHTS
        ? columns << 1
        : kind == INT8_WEIGHTS || kind == INT8_QUADS
          ? columns
          : columns >> 1;
  return <usize>word(args, 0) + panel * PANEL * ((bytes + 15) & ~15);
}

/** What word 3, 4 or 5 points to: the 8 statistics of a group, of some bytes each. */
export function statisticsAt(args: usize, at: i32, panel: i32, group: i32, bytes: i32): usize {
  const groups = word(args, 8) / word(args, 2);
  return <usize>word(args, at) + (panel * groups + group) * PANEL * bytes;
}

/** Rows 0 to 3 of one column. `magnitude` is shiftedF16(), `step` exponentStep(). */
export function lowFloats<T>(at: usize, magnitude: v128, step: v128): v128 {
  if (idof<T>() == idof<F32>()) return v128.load(at);
  const shifted = i32x4.shl(v128.load(at), 16);
  return idof<T>() == idof<F16>() ? finiteF16(shifted, magnitude, step) : shifted;
}

/** Rows 4 to 7. `upper` is upperHalf(). */
export function highFloats<T>(at: usize, upper: v128, magnitude: v128, step: v128): v128 {
  if (idof<T>() == idof<F32>()) return v128.load(at, 16);
  const words = v128.load(at);
  return idof<T>() == idof<F16>() ? finiteF16(words, magnitude, step) : v128.and(words, upper);
}

// Words in the upper halves; the mask drops what the other half has left there.
function finiteF16(words: v128, magnitude: v128, step: v128): v128 {
  return f32x4.mul(v128.and(i32x4.shr_s(words, 3), magnitude), step);
}

/** Columns `from` to `to` of a panel as [columns, 8] of f32: where they lie, or at `target`. INT4_WEIGHTS begin at an 8th. */
export function widenedPanel(args: usize, panel: i32, from: i32, to: i32, target: usize): usize {
  const kind = word(args, 1);
  const weights = panelAt(args, panel);
  if (kind == F32_WEIGHTS) return weights + from * STEP_BYTES;
  if (kind == BF16_WEIGHTS) widenFloats<Bf16>(weights + (from << 4), to - from, target);
  else if (kind == F16_WEIGHTS) widenFloats<F16>(weights + (from << 4), to - from, target);
  else widenCodes(args, panel, weights, from, to, target);
  return target;
}

function widenFloats<T>(from: usize, columns: i32, to: usize): void {
  const upper = upperHalf();
  const magnitude = shiftedF16();
  const step = exponentStep();
  const end = to + columns * STEP_BYTES;
  for (; to < end; to += STEP_BYTES, from += 16) {
    v128.store(to, lowFloats<T>(from, magnitude, step));
    v128.store(to, highFloats<T>(from, upper, magnitude, step), 16);
  }
}

function widenCodes(args: usize, panel: i32, weights: usize, from: i32, to: i32, target: usize): void {
  const size = word(args, 2);
  while (from < to) {
    const group = from / size;
    const end = min(to, (group + 1) * size);
    const scales = statisticsAt(args, 3, panel, group, 4);
    const low = v128.load(scales);
    const high = v128.load(scales, 16);
    const zeros = v128.load_ext<i8>(statisticsAt(args, 4, panel, group, 1));
    const kind = word(args, 1);
    if (kind == INT8_WEIGHTS) {
      for (; from < end; from++, target += STEP_BYTES) {
        const codes = i16x8.sub(v128.load_ext<i8>(weights + (from << 3)), zeros);
        v128.store(target, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(codes)), low));
        v128.store(target, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(codes)), high), 16);
      }
    } else if (ASC_FEATURE_RELAXED_SIMD && kind == INT8_QUADS) {
      const lowZeros = i32x4.extend_low_i16x8_s(zeros);
      const highZeros = i32x4.extend_high_i16x8_s(zeros);
      // Behind the end, `target` has room for the rest of a quad.
      for (; from < end; from += 4, target += 4 * STEP_BYTES) {
        widenQuads(weights + (from << 3), lowZeros, low, target);
        widenQuads(weights + (from << 3) + 16, highZeros, high, target + 16);
      }
    } else {
      const flips = i32x4.splat(kind == INT4_WEIGHTS ? NIBBLE_FLIPS : ALL_NIBBLE_FLIPS);
      const rests: usize = word(args, 5) == 0 ? <usize>0 : statisticsAt(args, 5, panel, group, 4);
      const none = f32x4.splat(0);
      const lowRests = rests == 0 ? none : v128.load(rests);
      const highRests = rests == 0 ? none : v128.load(rests, 16);
      const lowZeros = i32x4.extend_low_i16x8_s(zeros);
      const highZeros = i32x4.extend_high_i16x8_s(zeros);
      for (; from < end; from += 8, target += 8 * STEP_BYTES) {
        widenNibbles(weights + (from << 2), flips, lowZeros, low, lowRests, target);
        widenNibbles(weights + (from << 2) + 16, flips, highZeros, high, highRests, target + 16);
      }
    }
  }
}

/** Four columns of four rows. */
function widenQuads(at: usize, zeros: v128, scales: v128, target: usize): void {
  const words = v128.load(at);
  v128.store(target, quadOf(i32x4.shl(words, 24), zeros, scales));
  v128.store(target, quadOf(i32x4.shl(words, 16), zeros, scales), 32);
  v128.store(target, quadOf(i32x4.shl(words, 8), zeros, scales), 64);
  v128.store(target, quadOf(words, zeros, scales), 96);
}

function quadOf(words: v128, zeros: v128, scales: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_s(words, 24), zeros)), scales);
}

/** Eight columns of four rows. */
function widenNibbles(at: usize, flips: v128, zeros: v128, scales: v128, rests: v128, target: usize): void {
  const words = v128.xor(v128.load(at), flips);
  v128.store(target, weightsOf(i32x4.shl(words, 28), zeros, scales, rests));
  v128.store(target, weightsOf(i32x4.shl(words, 24), zeros, scales, rests), 32);
  v128.store(target, weightsOf(i32x4.shl(words, 20), zeros, scales, rests), 64);
  v128.store(target, weightsOf(i32x4.shl(words, 16), zeros, scales, rests), 96);
  v128.store(target, weightsOf(i32x4.shl(words, 12), zeros, scales, rests), 128);
  v128.store(target, weightsOf(i32x4.shl(words, 8), zeros, scales, rests), 160);
  v128.store(target, weightsOf(i32x4.shl(words, 4), zeros, scales, rests), 192);
  v128.store(target, weightsOf(words, zeros, scales, rests), 224);
}

function weightsOf(words: v128, zeros: v128, scales: v128, rests: v128): v128 {
  const codes = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_s(words, 28), zeros));
  return f32x4.add(f32x4.mul(codes, scales), rests);
}
