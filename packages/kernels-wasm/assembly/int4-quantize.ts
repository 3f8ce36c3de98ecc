import { integerRounder, lowByte, nibbleOffsets, upperHalf } from './constants';
import { Bf16, BF16_CODE, bytesOf, bytesOfCode, F16, F32, F32_CODE } from './dtype';
import { blockExtremes } from './extremes';
import { loadFloat } from './float';
import { evenOf, integerBits, oddOf, roundExactly, storeFourOf } from './lanes';
import { TILE_BLOCKS, tileBlocks } from './tile';

/** Range of a group's elements below which its scale stops shrinking: 1e-6 as f32. */
const SMALLEST_RANGE: f32 = 1e-6;
/** Codes are levels 0 to 15 minus 8: as nibbles, levels with the highest bit turned over. */
const OFFSET: f32 = 8;

/** Four-bit groups of consecutive elements; see QuantizingOperations.quantizeInt4. `scratch` holds 8192 bytes. */
export function quantizeInt4(
  input: usize,
  dtype: i32,
  blocks: i32,
  length: i32,
  packedAt: usize,
  scaleAt: usize,
  zeroAt: usize,
  scratch: usize,
): void {
  if (dtype == F32_CODE) quantize<F32>(input, dtype, blocks, length, packedAt, scaleAt, zeroAt, scratch);
  else if (dtype == BF16_CODE) quantize<Bf16>(input, dtype, blocks, length, packedAt, scaleAt, zeroAt, scratch);
  else quantize<F16>(input, dtype, blocks, length, packedAt, scaleAt, zeroAt, scratch);
}

function quantize<T>(
  input: usize,
  dtype: i32,
  blocks: i32,
  length: i32,
  packedAt: usize,
  scaleAt: usize,
  zeroAt: usize,
  scratch: usize,
): void {
  const width = bytesOfCode(dtype);
  const bytes = length * width;
  const tile = tileBlocks(bytes);
  const lowAt = scratch;
  const highAt = scratch + (TILE_BLOCKS << 2);
  const stepAt = scratch + (TILE_BLOCKS << 3);
  const none = f32x4.splat(0);
  for (let first = 0; first < blocks; first += tile) {
    const count = min(tile, blocks - first);
    const at = input + first * bytes;
    blockExtremes<T>(at, count, length, lowAt, highAt);
    let unbounded = 0;
    for (let block = 0; block < count; block += 4) {
      const low = v128.load(lowAt + (block << 2));
      const range = f32x4.sub(v128.load(highAt + (block << 2)), low);
      // Keeps NaN.
      const step = f32x4.div(f32x4.pmax(range, f32x4.splat(SMALLEST_RANGE)), f32x4.splat(15));
      const zero = f32x4.add(low, f32x4.mul(step, f32x4.splat(OFFSET)));
      storeFourOf(scaleAt + (first + block) * width, roundExactly<T>(step), dtype);
      storeFourOf(zeroAt + (first + block) * width, roundExactly<T>(zero), dtype);
      v128.store(stepAt + (block << 2), step);
      // What is infinite or NaN; behind the last block stands what earlier ones left.
      unbounded |= i32x4.bitmask(f32x4.ne(f32x4.sub(step, step), none)) & ((1 << min(4, count - block)) - 1);
    }
    const element = first * length;
    // A finite step is that of a finite range, of which no level leaves [0, 15].
    if ((length & 7) == 0 && unbounded == 0) {
      packBlocks<T>(at, count, length, packedAt + (element >> 1), lowAt, stepAt);
    } else {
      for (let block = 0; block < count; block++) {
        const low = load<f32>(lowAt + (block << 2));
        const step = load<f32>(stepAt + (block << 2));
        packElements<T>(at + block * bytes, length, packedAt, element + block * length, low, step);
      }
    }
  }
}

/** Blocks of a length that eight divides. */
function packBlocks<T>(at: usize, blocks: i32, length: i32, packedAt: usize, lowAt: usize, stepAt: usize): void {
  const offsets = nibbleOffsets();
  const byte = lowByte();
  const upper = upperHalf();
  const integers = integerRounder();
  for (let block = 0; block < blocks; block++, lowAt += 4, stepAt += 4) {
    const lows = v128.load32_splat(lowAt);
    const steps = v128.load32_splat(stepAt);
    const end = at + length * bytesOf<T>();
    for (; at + 32 * bytesOf<T>() <= end; at += 32 * bytesOf<T>(), packedAt += 16) {
      const a = eightCodes<T>(at, lows, steps, upper, integers, byte);
      const b = eightCodes<T>(at + 8 * bytesOf<T>(), lows, steps, upper, integers, byte);
      const c = eightCodes<T>(at + 16 * bytesOf<T>(), lows, steps, upper, integers, byte);
      const d = eightCodes<T>(at + 24 * bytesOf<T>(), lows, steps, upper, integers, byte);
      const packed = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_u(a, b), i16x8.narrow_i32x4_u(c, d));
      v128.store(packedAt, v128.xor(packed, offsets));
    }
    for (; at < end; at += 8 * bytesOf<T>(), packedAt += 4) {
      const codes = eightCodes<T>(at, lows, steps, upper, integers, byte);
      const words = i16x8.narrow_i32x4_u(codes, codes);
      v128.store32_lane(packedAt, v128.xor(i8x16.narrow_i16x8_u(words, words), offsets), 0);
    }
  }
}

/** Levels of eight elements, two to each lane: the even element's in the low nibble. */
function eightCodes<T>(at: usize, lows: v128, steps: v128, upper: v128, integers: v128, byte: v128): v128 {
  const even = integerBits(f32x4.div(f32x4.sub(evenOf<T>(at), lows), steps), integers);
  const odd = integerBits(f32x4.div(f32x4.sub(oddOf<T>(at, upper), lows), steps), integers);
  return v128.and(v128.or(even, i32x4.shl(odd, 4)), byte);
}

function packElements<T>(at: usize, count: i32, packedAt: usize, first: i32, low: f32, step: f32): void {
  for (let i = 0; i < count; i++) {
    const level = nearest<f32>((loadFloat<T>(at + i * bytesOf<T>()) - low) / step);
    // NaN becomes 0 after the offset, as x86 makes of it.
    const code = level != level ? 0 : <i32>(min<f32>(max<f32>(level, 0), 15) - OFFSET);
    const element = first + i;
    const byte = packedAt + (element >> 1);
    if ((element & 1) == 0) store<u8>(byte, <u8>(code & 15));
    else store<u8>(byte, <u8>(load<u8>(byte) | (code << 4)));
  }
}
