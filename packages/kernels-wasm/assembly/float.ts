import { Bf16, BF16_CODE, F16, F32, F32_CODE } from './dtype';

// One value at a time: what happens once for each block, at the ends of runs, and where values are infinite or NaN.

/** The NaN that is stored, in each dtype: positive and quiet. */
export const NAN_BITS: u32 = 0x7fc00000;

/** An f16 as f32, exactly. */
function f16ToF32(word: u32): f32 {
  const sign: u32 = (word & 0x8000) << 16;
  const magnitude: u32 = (word & 0x7fff) << 13;
  if (magnitude >= 0x0f800000) return reinterpret<f32>(sign | 0x70000000 | magnitude);
  // Scaling by 2^112 moves the exponent, and is exact for subnormals too.
  return reinterpret<f32>(sign | reinterpret<u32>(reinterpret<f32>(magnitude) * reinterpret<f32>(<u32>0x77800000)));
}

export function loadFloat<T>(at: usize): f32 {
  if (idof<T>() == idof<F32>()) return load<f32>(at);
  if (idof<T>() == idof<Bf16>()) return reinterpret<f32>((<u32>load<u16>(at)) << 16);
  return f16ToF32(load<u16>(at));
}

export function loadFloatOf(at: usize, dtype: i32): f32 {
  if (dtype == F32_CODE) return loadFloat<F32>(at);
  return dtype == BF16_CODE ? loadFloat<Bf16>(at) : loadFloat<F16>(at);
}

/** An f32 rounded to a dtype, half to even; NaN stays NaN. */
export function round<T>(value: f32): f32 {
  if (idof<T>() == idof<F32>()) return value;
  if (idof<T>() == idof<Bf16>()) return roundToBf16(value);
  return roundToF16(value);
}

export function roundTo(value: f32, dtype: i32): f32 {
  if (dtype == F32_CODE) return value;
  return dtype == BF16_CODE ? roundToBf16(value) : roundToF16(value);
}

function roundToBf16(value: f32): f32 {
  if (value != value) return reinterpret<f32>(NAN_BITS);
  const bits = reinterpret<u32>(value);
  return reinterpret<f32>((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000);
}

function roundToF16(value: f32): f32 {
  // Adding and subtracting 1.5 * 2^(52 + k) rounds a double to a multiple of 2^k. From f16's last place: 2^(e - 10), and
  // 2^-24 for its subnormals.
  const exponent: i32 = max(<i32>((reinterpret<u32>(value) >> 23) & 0xff) - 127, -14) - 10;
  const rounder = reinterpret<f64>(((<u64>(1023 + 52 + exponent)) << 52) | 0x0008000000000000);
  const rounded = <f32>(<f64>value + rounder - rounder);
  if (abs<f32>(rounded) >= 65536) return copysign<f32>(Infinity, value);
  return copysign<f32>(rounded, value);
}

/** Stores a value that is one of the dtype's own; NaN as the positive quiet one. */
export function storeFloatOf(at: usize, value: f32, dtype: i32): void {
  const bits: u32 = value != value ? NAN_BITS : reinterpret<u32>(value);
  if (dtype == F32_CODE) store<u32>(at, bits);
  else if (dtype == BF16_CODE) store<u16>(at, <u16>(bits >> 16));
  else store<u16>(at, <u16>f16Bits(bits));
}

function f16Bits(bits: u32): u32 {
  const sign = (bits >> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return 0x7e00;
  if (magnitude == 0x7f800000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) return sign | ((magnitude - 0x38000000) >> 13);
  return sign | (<u32>(reinterpret<f32>(magnitude) * 16777216.0));
}

/** Whether a value is neither infinite nor NaN. */
export function isFinite32(value: f32): bool {
  return value - value == 0;
}
