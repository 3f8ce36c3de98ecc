import { loadFloatOf } from '../float';
import { bytesOfCode } from '../dtype';
import { PANEL } from './panels';

const NO_ZEROS: i32 = 0;
const INTEGER_ZEROS: i32 = 1;

/**
 * Packs the statistics of `rows` rows: `groups` of each row, or one for `shared` rows together. Scales become f32 in panels
 * [groups, 8], and so do zero points (i8); behind the last row its own stand again. Of zero points in the floating-point domain
 * (of the scales' dtype), the integer next to -zero / scale goes there, and what is left of each to `rests`.
 */
export function packStatistics(
  scales: usize,
  dtype: i32,
  zeros: usize,
  zeroKind: i32,
  first: i32,
  rows: i32,
  groups: i32,
  shared: i32,
  scaleTo: usize,
  zeroTo: usize,
  restTo: usize,
): void {
  const bytes = bytesOfCode(dtype);
  for (let panel = first; panel < first + rows; panel += PANEL) {
    for (let group = 0; group < groups; group++) {
      for (let place = 0; place < PANEL; place++, scaleTo += 4, zeroTo++, restTo += 4) {
        const block = (min(panel + place, first + rows - 1) / shared) * groups + group;
        const scale = loadFloatOf(scales + block * bytes, dtype);
        store<f32>(scaleTo, scale);
        if (zeroKind == NO_ZEROS) {
          store<i8>(zeroTo, 0);
        } else if (zeroKind == INTEGER_ZEROS) {
          store<i8>(zeroTo, load<i8>(zeros + block));
        } else {
          const zero = loadFloatOf(zeros + block * bytes, dtype);
          const nearest = nearestCode(-zero / scale);
          store<i8>(zeroTo, <i8>nearest);
          store<f32>(restTo, <f32>(<f64>zero + <f64>nearest * <f64>scale));
        }
      }
    }
  }
}

function nearestCode(value: f32): i32 {
  // 0 for NaN.
  if (!(value > -8)) return value <= -8 ? -8 : 0;
  return value >= 7 ? 7 : <i32>nearest<f32>(value);
}

/** Whether all codes have that many bits. */
export function codesFit(source: usize, count: i32, bits: i32): bool {
  const half: i32 = 1 << (bits - 1);
  const highest = i8x16.splat(<i8>(half - 1));
  const lowest = i8x16.splat(<i8>-half);
  const end = source + count;
  for (; source + 16 <= end; source += 16) {
    const codes = v128.load(source);
    const outside = v128.or(i8x16.gt_s(codes, highest), i8x16.lt_s(codes, lowest));
    if (v128.any_true(outside)) return false;
  }
  for (; source < end; source++) {
    const code: i32 = load<i8>(source);
    if ((code << (32 - bits)) >> (32 - bits) != code) return false;
  }
  return true;
}

/** Codes of one byte each to nibbles, the even ones in the low halves; `count` is a multiple of 8. May overwrite its source. */
export function packNibbles(source: usize, count: i32, target: usize): void {
  const low = i16x8.splat(0xf);
  const end = source + count;
  for (; source < end; source += 8, target += 4) {
    const pairs = v128.load64_zero(source);
    const bytes = v128.or(v128.and(pairs, low), v128.and(i16x8.shr_u(pairs, 4), i16x8.splat(0xf0)));
    v128.store32_lane(target, i8x16.narrow_i16x8_u(bytes, bytes), 0);
  }
}

/** Whether any of `count` f16 is infinite or NaN. */
export function anyUnbounded(source: usize, count: i32): bool {
  const end = source + (count << 1);
  const exponent = i16x8.splat(0x7c00);
  for (; source + 16 <= end; source += 16) {
    if (v128.any_true(i16x8.eq(v128.and(v128.load(source), exponent), exponent))) return true;
  }
  for (; source < end; source += 2) {
    if ((load<u16>(source) & 0x7c00) == 0x7c00) return true;
  }
  return false;
}
