import { Bf16, BF16_CODE, bytesOf, bytesOfCode, F16, F32, F32_CODE } from './dtype';
import { isFinite32, loadFloatOf, roundTo, storeFloatOf } from './float';
import { storeEight } from './lanes';

/**
 * The inverse of quantizeAffine for [outer, length, inner] codes; see QuantizingOperations.dequantizeAffine. `zeroAt` is 0
 * where no zero point is stored.
 */
export function dequantizeAffine(
  codesAt: usize,
  outer: i32,
  length: i32,
  inner: i32,
  scaleAt: usize,
  scaleDtype: i32,
  zeroAt: usize,
  output: usize,
  dtype: i32,
): void {
  const width = bytesOfCode(dtype);
  const scaleBytes = bytesOfCode(scaleDtype);
  for (let block = 0; block < outer * inner; block++) {
    const scale = loadFloatOf(scaleAt + block * scaleBytes, scaleDtype);
    const zero: i32 = zeroAt == 0 ? 0 : load<i8>(zeroAt + block);
    const column = block % inner;
    const start = (block - column) * length + column;
    const at = output + start * width;
    let done = 0;
    // A finite scale makes no NaN.
    if (inner == 1 && isFinite32(scale)) {
      if (dtype == F32_CODE) done = affineRun<F32>(codesAt + start, length, scale, zero, at);
      else if (dtype == BF16_CODE) done = affineRun<Bf16>(codesAt + start, length, scale, zero, at);
      else done = affineRun<F16>(codesAt + start, length, scale, zero, at);
    }
    for (; done < length; done++) {
      const value = <f32>(<i32>load<i8>(codesAt + start + done * inner) - zero) * scale;
      storeFloatOf(at + done * inner * width, roundTo(value, dtype), dtype);
    }
  }
}

/** Elements done: whole vectors. */
function affineRun<T>(codesAt: usize, count: i32, scale: f32, zero: i32, output: usize): i32 {
  const scales = f32x4.splat(scale);
  const zeros = i16x8.splat(<i16>zero);
  let done = 0;
  for (; done + 8 <= count; done += 8, output += 8 * bytesOf<T>()) {
    const codes = i16x8.sub(v128.load_ext<i8>(codesAt + done), zeros);
    storeEight<T>(
      output,
      f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(codes)), scales),
      f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(codes)), scales),
    );
  }
  return done;
}

/** The inverse of quantizeInt4; see QuantizingOperations.dequantizeInt4. */
export function dequantizeInt4(
  packedAt: usize,
  blocks: i32,
  length: i32,
  scaleAt: usize,
  zeroAt: usize,
  output: usize,
  dtype: i32,
): void {
  const width = bytesOfCode(dtype);
  for (let block = 0; block < blocks; block++) {
    const scale = loadFloatOf(scaleAt + block * width, dtype);
    const zero = loadFloatOf(zeroAt + block * width, dtype);
    const start = block * length;
    const at = output + start * width;
    let done = 0;
    if (((start | length) & 1) == 0 && isFinite32(scale) && isFinite32(zero)) {
      const packed = packedAt + (start >> 1);
      if (dtype == F32_CODE) done = int4Run<F32>(packed, length, scale, zero, at);
      else if (dtype == BF16_CODE) done = int4Run<Bf16>(packed, length, scale, zero, at);
      else done = int4Run<F16>(packed, length, scale, zero, at);
    }
    for (; done < length; done++) {
      const element = start + done;
      const nibble = ((<i32>load<u8>(packedAt + (element >> 1))) >> ((element & 1) << 2)) & 15;
      const value = <f32>((nibble ^ 8) - 8) * scale + zero;
      storeFloatOf(at + done * width, roundTo(value, dtype), dtype);
    }
  }
}

/** Elements done: whole vectors. */
function int4Run<T>(packedAt: usize, count: i32, scale: f32, zero: f32, output: usize): i32 {
  const scales = f32x4.splat(scale);
  const zeros = f32x4.splat(zero);
  let done = 0;
  for (; done + 8 <= count; done += 8, packedAt += 4, output += 8 * bytesOf<T>()) {
    const bytes = v128.load32_zero(packedAt);
    const low = v128.and(bytes, i8x16.splat(15));
    const high = v128.and(i16x8.shr_u(bytes, 4), i8x16.splat(15));
    const nibbles = v128.shuffle<i8>(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const codes = i16x8.extend_low_i8x16_s(i8x16.sub(v128.xor(nibbles, i8x16.splat(8)), i8x16.splat(8)));
    const first = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(codes));
    const second = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(codes));
    storeEight<T>(output, f32x4.add(f32x4.mul(first, scales), zeros), f32x4.add(f32x4.mul(second, scales), zeros));
  }
  return done;
}
