// Known answers: what an engine makes of relaxed instructions is tried on values for which the specification leaves it no
// choice. (V8 of Node 20 takes these instructions behind a flag, and its baseline compiler computes some of them wrongly.)

/**
 * 0 where all relaxed instructions that the kernels use give the only answer allowed, else the number of the first that
 * does not; 0 without any in the module. `seed` is 1: a number that the compiler does not know.
 */
export function probe(seed: i32): i32 {
  if (!ASC_FEATURE_RELAXED_SIMD) return 0;
  const one = i8x16.splat(<i8>seed);
  const minusOne = i8x16.sub(i8x16.splat(0), one);
  const most = i8x16.splat(127);
  const least = i8x16.splat(<i8>-128);
  const hundred = i32x4.splat(100 * seed);
  // The second operand within [0, 127]: signed and unsigned readings agree, and sums of pairs do not saturate.
  if (!all(i32x4.relaxed_dot_i8x16_i7x16_add_s(minusOne, most, hundred), 100 - 4 * 127)) return 1;
  if (!all(i32x4.relaxed_dot_i8x16_i7x16_add_s(least, most, hundred), 100 - 4 * 128 * 127)) return 2;
  if (!all(i32x4.relaxed_dot_i8x16_i7x16_add_s(most, most, hundred), 100 + 4 * 127 * 127)) return 3;
  const mask = i8x16.splat(<i8>(15 * seed));
  const ramp = v128.and(i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), mask);
  const dot = i32x4.relaxed_dot_i8x16_i7x16_add_s(minusOne, ramp, i32x4.splat(0));
  if (v128.any_true(v128.xor(dot, i32x4(-6, -22, -38, -54)))) return 4;
  // Products that f32 holds exactly: fused or not, one answer.
  const number = <f32>seed;
  const three = f32x4.splat(number * 3);
  const third = f32x4.splat(number / 3);
  const rounder = f32x4.splat(98304);
  const added = f32x4.relaxed_madd(three, rounder, third);
  if (!same(added, f32x4.add(f32x4.mul(three, rounder), third))) return 5;
  if (!same(f32x4.relaxed_nmadd(three, rounder, added), f32x4.sub(added, f32x4.mul(three, rounder)))) return 6;
  return 0;
}

function all(lanes: v128, value: i32): bool {
  return !v128.any_true(v128.xor(lanes, i32x4.splat(value)));
}

function same(left: v128, right: v128): bool {
  return !v128.any_true(v128.xor(left, right));
}
