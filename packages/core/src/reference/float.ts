import type { FloatDtype } from '../dtype.ts';
import { freshScratch, type Scratch } from './scratch.ts';
import { float32sOf, littleEndianBytes, uint16sOf } from './bytes.ts';

// One f32 seen as a number and as its bits. Shared by the scalar functions here, none of which calls another between uses.
const shared32 = /* @__PURE__ */ new ArrayBuffer(4);
const number32: Float32Array = /* @__PURE__ */ new Float32Array(shared32);
const bits32: Uint32Array = /* @__PURE__ */ new Uint32Array(shared32);

/** Rounds a number to f32 and then to bf16, half to even each time: PyTorch's result of one bf16 operation. */
export function roundToBf16(value: number): number {
  number32[0] = value;
  const bits = bits32[0] ?? 0;
  if ((bits & 0x7fff_ffff) > 0x7f80_0000) return NaN;
  bits32[0] = (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff_0000;
  return number32[0];
}

// Adding and subtracting 1.5 * 2^(52 + k) rounds a double to a multiple of 2^k, half to even. Multiples of 1/1024 of the
// leading bit are f16's normals (11 significant bits); below 2^-14 every f16 is a multiple of 2^-24. By f32 exponent field.
const F16_ROUNDERS: Float64Array = /* @__PURE__ */ Float64Array.from(
  { length: 256 },
  (_, field) => 1.5 * 2 ** (52 + Math.max(field - 127, -14) - 10),
);

/** Rounds a number to f32 and then to f16, half to even each time: PyTorch's result of one f16 operation. */
export function roundToF16(value: number): number {
  number32[0] = value;
  const single = number32[0];
  const rounder = F16_ROUNDERS[((bits32[0] ?? 0) >>> 23) & 0xff] ?? 0;
  const rounded = single + rounder - rounder;
  if (rounded === 0) return single * 0; // keeps the sign
  if (rounded >= 65536) return Infinity;
  return rounded <= -65536 ? -Infinity : rounded;
}

/** The function that rounds a number to f32 and from there to a dtype, half to even each time; NaN stays NaN. */
export function roundingTo(dtype: FloatDtype): (value: number) => number {
  return { F32: Math.fround, BF16: roundToBf16, F16: roundToF16 }[dtype];
}

/**
 * Little-endian bytes of a dtype as f32, exactly. Bytes of F32 that are aligned come back as a view of the same memory.
 *
 * The bytes must be whole elements. `scratch` gives the memory for the result where it takes any.
 */
export function toFloat32(bytes: Uint8Array, dtype: FloatDtype, scratch: Scratch = freshScratch): Float32Array {
  if (dtype === 'F32') return float32sOf(bytes);
  const words = uint16sOf(bytes);
  const values = scratch(words.length);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  if (dtype === 'BF16') {
    for (let i = 0; i < words.length; i += 1) bits[i] = (words[i] ?? 0) << 16;
  } else {
    const table = (f16Bits ??= Uint32Array.from({ length: 65536 }, (_, word) => bitsOfF16(word)));
    for (let i = 0; i < words.length; i += 1) bits[i] = table[words[i] ?? 0] ?? 0;
  }
  return values;
}

/**
 * Numbers as little-endian bytes of a dtype, rounded half to even; NaN becomes the dtype's positive quiet NaN.
 *
 * For F32 the result may share the array's memory.
 */
export function fromFloat32(values: Float32Array, dtype: FloatDtype): Uint8Array {
  if (dtype === 'F32') return littleEndianBytes(values);
  const words = new Uint16Array(values.length);
  const encode = dtype === 'BF16' ? bf16Of : f16Of;
  for (let i = 0; i < values.length; i += 1) words[i] = encode(values[i] ?? 0);
  return littleEndianBytes(words);
}

// 256 KiB, made at the first f16 tensor.
let f16Bits: Uint32Array | undefined;

function bitsOfF16(word: number): number {
  const sign = (word & 0x8000) << 16;
  const magnitude = word & 0x7fff;
  if (magnitude >= 0x7c00) return sign | 0x7f80_0000 | ((magnitude & 0x3ff) << 13);
  if (magnitude >= 0x400) return sign | ((magnitude << 13) + (112 << 23));
  number32[0] = magnitude * 2 ** -24;
  return sign | (bits32[0] ?? 0);
}

function bf16Of(value: number): number {
  number32[0] = roundToBf16(value);
  return Number.isNaN(value) ? 0x7fc0 : (bits32[0] ?? 0) >>> 16;
}

function f16Of(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const rounded = roundToF16(value);
  number32[0] = rounded;
  const bits = bits32[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = Math.abs(rounded);
  if (magnitude === Infinity) return sign | 0x7c00;
  return sign | (magnitude < 2 ** -14 ? magnitude * 2 ** 24 : ((bits & 0x7fff_ffff) - (112 << 23)) >>> 13);
}
