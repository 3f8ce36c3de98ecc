/** How this engine's relaxed dot product reads bytes above 127 in its second operand. */
const WITHOUT_SIGN: i32 = 1;
const WITH_SIGN: i32 = 2;

/**
 * What the specification leaves to the engine, found out by trying: 1 where bytes of the second operand have no sign, 2 where
 * they have one, in both cases without saturation; 0 for anything else; -1 without relaxed instructions. `seed` is 1: a
 * number that the compiler does not know.
 */
export function byteDots(seed: i32): i32 {
  if (!ASC_FEATURE_RELAXED_SIMD) return -1;
  const hundred = i32x4.splat(100 * seed);
  const one = i8x16.splat(<i8>seed);
  const most = i8x16.splat(<i8>(127 * seed));
  const least = i8x16.splat(<i8>(-128 * seed));
  const ones = i8x16.splat(<i8>(-1 * seed));
  const a = lane(i32x4.relaxed_dot_i8x16_i7x16_add_s(most, ones, hundred));
  const b = lane(i32x4.relaxed_dot_i8x16_i7x16_add_s(least, ones, hundred));
  const c = lane(i32x4.relaxed_dot_i8x16_i7x16_add_s(least, least, hundred));
  const d = lane(i32x4.relaxed_dot_i8x16_i7x16_add_s(one, least, hundred));
  if (a == 100 + 4 * 127 * 255 && b == 100 - 4 * 128 * 255 && c == 100 - 4 * 128 * 128 && d == 100 + 4 * 128) {
    return WITHOUT_SIGN;
  }
  if (a == 100 - 4 * 127 && b == 100 + 4 * 128 && c == 100 + 4 * 128 * 128 && d == 100 - 4 * 128) return WITH_SIGN;
  return 0;
}

function lane(lanes: v128): i32 {
  return i32x4.extract_lane(lanes, 0);
}
