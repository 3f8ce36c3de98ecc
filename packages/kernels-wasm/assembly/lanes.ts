import { bf16Rounder, belowHalf, exponentStep, f16Rounder, one32, shiftedF16 } from './constants';
import { Bf16, BF16_CODE, F16, F32, F32_CODE } from './dtype';

// Eight elements at a time as two vectors of f32: those at even places and those at odd ones. For 16-bit dtypes that needs
// no shuffle, and two vectors of integers interleave again with one blend.

/** The even ones of eight elements. Infinities and NaN of f16 come out wrong: callers have looked for them before. */
export function evenOf<T>(at: usize): v128 {
  if (idof<T>() == idof<F32>()) return v128.shuffle<f32>(v128.load(at), v128.load(at, 16), 0, 2, 4, 6);
  if (idof<T>() == idof<Bf16>()) return i32x4.shl(v128.load(at), 16);
  return finiteF16(i32x4.shl(v128.load(at), 16));
}

/** The odd ones of eight elements; see evenOf. `upper` is upperHalf(). */
export function oddOf<T>(at: usize, upper: v128): v128 {
  if (idof<T>() == idof<F32>()) return v128.shuffle<f32>(v128.load(at), v128.load(at, 16), 1, 3, 5, 7);
  if (idof<T>() == idof<Bf16>()) return v128.and(v128.load(at), upper);
  return finiteF16(v128.load(at));
}

/** Four elements in order, with infinities and NaN. */
export function fourOf<T>(at: usize): v128 {
  if (idof<T>() == idof<F32>()) return v128.load(at);
  const words = i32x4.shl(v128.load_ext<u16>(at), 16);
  return idof<T>() == idof<Bf16>() ? words : exactF16(words);
}

/** f16 words in the upper halves of lanes, as f32, infinities and NaN too. */
export function exactF16(words: v128): v128 {
  const unbounded = i32x4.eq(v128.and(words, i32x4.splat(0x7c000000)), i32x4.splat(0x7c000000));
  return v128.or(finiteF16(words), v128.and(unbounded, i32x4.splat(0x7f800000)));
}

// Words in the upper halves. The arithmetic shift repeats the sign in three bits, of which the mask keeps one.
function finiteF16(words: v128): v128 {
  return f32x4.mul(v128.and(i32x4.shr_s(words, 3), shiftedF16()), exponentStep());
}

/**
 * Rounds to a dtype's precision, half to even, whatever the exponent: right for finite values that the dtype holds as normal
 * numbers, and of those below them only that they stay small.
 *
 * Adding 1.5 * 2^16 times the value's own power of two leaves bf16's eight bits; 1.5 * 2^13, f16's eleven. The product is
 * exact, so fused or not, the sum is the same. `power` is powerBits().
 */
export function roundLanes<T>(values: v128, power: v128, rounder: v128): v128 {
  if (idof<T>() == idof<F32>()) return values;
  const own = v128.and(values, power);
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(own, rounder, f32x4.relaxed_madd(own, rounder, values));
  const added = f32x4.mul(own, rounder);
  return f32x4.sub(f32x4.add(values, added), added);
}

/** What roundLanes takes as `rounder`. */
export function rounderOf<T>(): v128 {
  return idof<T>() == idof<F16>() ? f16Rounder() : bf16Rounder();
}

/** Rounds any values to a dtype, half to even; NaN stays NaN. */
export function roundExactly<T>(values: v128): v128 {
  if (idof<T>() == idof<F32>()) return values;
  const nan = f32x4.ne(values, values);
  const words = idof<T>() == idof<Bf16>() ? bf16Bits(values) : f16Bits(values);
  const upper = i32x4.shl(words, 16);
  return v128.or(idof<T>() == idof<Bf16>() ? upper : exactF16(upper), nan);
}

/** roundExactly to a dtype that is known at run time only. */
export function roundExactlyTo(values: v128, dtype: i32): v128 {
  if (dtype == F32_CODE) return values;
  return dtype == BF16_CODE ? roundExactly<Bf16>(values) : roundExactly<F16>(values);
}

/** Stores four values that are a dtype's own; NaN as the positive quiet one. */
export function storeFourOf(at: usize, values: v128, dtype: i32): void {
  const nan = f32x4.ne(values, values);
  if (dtype == F32_CODE) {
    v128.store(at, v128.bitselect(i32x4.splat(0x7fc00000), values, nan));
    return;
  }
  const words =
    dtype == BF16_CODE
      ? v128.bitselect(i32x4.splat(0x7fc0), i32x4.shr_u(values, 16), nan)
      : v128.bitselect(i32x4.splat(0x7e00), f16Bits(values), nan);
  v128.store64_lane(at, i16x8.narrow_i32x4_u(words, words), 0);
}

/**
 * The nearest integers, half to even, in the low 16 bits of each lane (two's complement). For values within 2^15. `rounder`
 * is integerRounder().
 */
export function integerBits(values: v128, rounder: v128): v128 {
  return f32x4.add(values, rounder);
}

/** The low halves of two vectors, interleaved: i16[8]. */
export function interleave(even: v128, odd: v128): v128 {
  return v128.shuffle<i16>(even, i32x4.shl(odd, 16), 0, 9, 2, 11, 4, 13, 6, 15);
}

/** Four finite f32, or infinities, rounded to bf16, in the low halves. */
function bf16Bits(values: v128): v128 {
  const odd = v128.and(i32x4.shr_u(values, 16), one32());
  return i32x4.shr_u(i32x4.add(i32x4.add(values, belowHalf()), odd), 16);
}

/** Four f32 that are not NaN, rounded to f16, in the low halves. */
function f16Bits(values: v128): v128 {
  const sign = v128.and(values, i32x4.splat(0x80000000));
  const magnitude = v128.xor(values, sign);
  const odd = v128.and(i32x4.shr_u(magnitude, 13), i32x4.splat(1));
  const rounded = i32x4.add(i32x4.add(magnitude, i32x4.splat(0xc8000fff)), odd);
  // Below 2^-14, adding 0.5 puts f16's last place at f32's.
  const half = f32x4.splat(0.5);
  const small = i32x4.sub(f32x4.add(magnitude, half), half);
  const bits = v128.bitselect(small, i32x4.shr_u(rounded, 13), i32x4.lt_s(magnitude, i32x4.splat(0x38800000)));
  const huge = i32x4.ge_s(magnitude, i32x4.splat(0x47800000));
  return v128.or(v128.bitselect(i32x4.splat(0x7c00), bits, huge), i32x4.shr_u(sign, 16));
}

/** Stores eight f32, in order, as a dtype; none is NaN. */
export function storeEight<T>(at: usize, low: v128, high: v128): void {
  if (idof<T>() == idof<F32>()) {
    v128.store(at, low);
    v128.store(at, high, 16);
  } else if (idof<T>() == idof<Bf16>()) {
    v128.store(at, i16x8.narrow_i32x4_u(bf16Bits(low), bf16Bits(high)));
  } else {
    v128.store(at, i16x8.narrow_i32x4_u(f16Bits(low), f16Bits(high)));
  }
}
