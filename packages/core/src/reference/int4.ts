import type { BlockRequest, DequantizeInt4Request, Int4Result } from '../contracts/quantizing.ts';
import { FewbitError } from '../errors.ts';
import { assertConsecutive, blockCount, blockStart, extremesOf } from './block-loop.ts';
import { fromFloat32, toFloat32 } from './float.ts';
import { roundHalfEven } from './rounding.ts';
import { freshScratch, type Scratch } from './scratch.ts';

/** Range of a group's elements below which its scale stops shrinking. */
const SMALLEST_RANGE: number = Math.fround(1e-6);

/** See QuantizingOperations.quantizeInt4. All in f32; only the stored scale and zero point are rounded to the weight's dtype. */
export function quantizeInt4({ input, dtype, view }: BlockRequest, scratch: Scratch = freshScratch): Int4Result {
  assertConsecutive(view, 'quantizeInt4');
  const values = toFloat32(input, dtype, scratch);
  assertEven(values.length);
  const { min, max } = extremesOf(values, view);
  const scale = new Float32Array(min.length);
  const zeroPoint = new Float32Array(min.length);
  const codes = new Int8Array(values.length);
  for (let block = 0; block < min.length; block += 1) {
    const low = min[block] ?? 0;
    const range = Math.fround((max[block] ?? 0) - low);
    const step = Math.fround(Math.max(range, SMALLEST_RANGE) / 15);
    scale[block] = step;
    zeroPoint[block] = low + Math.fround(step * 8);
    const start = blockStart(block, view);
    for (let i = start; i < start + view.length; i += 1) {
      const level = roundHalfEven(Math.fround(Math.fround((values[i] ?? 0) - low) / step));
      codes[i] = (level < 0 ? 0 : level > 15 ? 15 : level) - 8;
    }
  }
  return { packed: packNibbles(codes), scale: fromFloat32(scale, dtype), zeroPoint: fromFloat32(zeroPoint, dtype) };
}

/** See QuantizingOperations.dequantizeInt4. */
export function dequantizeInt4({ packed, scale, zeroPoint, view, dtype }: DequantizeInt4Request): Uint8Array {
  assertConsecutive(view, 'dequantizeInt4');
  const scales = toFloat32(scale, dtype);
  const zeroPoints = toFloat32(zeroPoint, dtype);
  const values = new Float32Array(packed.length * 2);
  const blocks = blockCount(view, values.length);
  for (let block = 0; block < blocks; block += 1) {
    const factor = scales[block] ?? 0;
    const zero = zeroPoints[block] ?? 0;
    const start = blockStart(block, view);
    for (let i = start; i < start + view.length; i += 1) {
      const nibble = ((packed[i >>> 1] ?? 0) >>> ((i & 1) * 4)) & 15;
      const code = nibble < 8 ? nibble : nibble - 16;
      values[i] = Math.fround(code * factor) + zero;
    }
  }
  return fromFloat32(values, dtype);
}

function packNibbles(codes: Int8Array): Uint8Array {
  const packed = new Uint8Array(codes.length / 2);
  for (let i = 0; i < packed.length; i += 1) {
    packed[i] = ((codes[2 * i] ?? 0) & 15) | (((codes[2 * i + 1] ?? 0) & 15) << 4);
  }
  return packed;
}

function assertEven(elements: number): void {
  if (elements % 2 !== 0) {
    throw new FewbitError('FEWBIT_PLAN_INVALID', {
      message: `quantizeInt4 was given ${elements} elements`,
      allowed: 'an even number',
    });
  }
}
