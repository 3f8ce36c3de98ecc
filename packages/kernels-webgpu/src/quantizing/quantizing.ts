import {
  blockCount,
  fromFloat32,
  roundingTo,
  toFloat32,
  type AffineRequest,
  type AffineResult,
  type BlockExtremes,
  type BlockRequest,
  type Int4Result,
  type QuantizingOperations,
} from '@fewbit/core';
import type { GpuCodes } from './gpu-codes.ts';

/** Which operations the GPU does: the others are the reference's. */
export interface GpuQuantizing {
  readonly affine: boolean;
  readonly int4: boolean;
}

/**
 * Quantizing with the reference's bits: the GPU finds extremes and makes codes, the reference makes scales and zero points from
 * the extremes on the CPU. So no quotient of WGSL decides anything. Weights that are infinite, NaN, or so large or small that
 * products may leave f32's normal numbers are the reference's from the start.
 */
export function gpuQuantizing(
  reference: QuantizingOperations,
  codes: GpuCodes,
  { affine, int4 }: GpuQuantizing,
  largestBytes: number,
): QuantizingOperations {
  return {
    ...reference,
    quantizeAffine: (request) =>
      affine && fits(request) ? quantizeAffine(request) : reference.quantizeAffine(request),
    quantizeInt4: (request) => (int4 && fits(request) ? quantizeInt4(request) : reference.quantizeInt4(request)),
  };

  function fits({ view, input }: BlockRequest): boolean {
    const elements = view.outer * view.length * view.inner;
    // Eight bytes for the extremes of each block.
    return elements > 0 && input.byteLength <= largestBytes && 8 * view.outer * view.inner <= largestBytes;
  }

  async function quantizeAffine(request: AffineRequest): Promise<AffineResult> {
    const { view, scaleDtype, input, dtype } = request;
    const blocks = blockCount(view, input.byteLength / (dtype === 'F32' ? 4 : 2));
    // Given extremes do not show a NaN of this range.
    const own = await codes.extremes(request);
    const extremes = request.extremes ?? own;
    if (!isOrdinary(own) || !isOrdinary(extremes)) return reference.quantizeAffine(request);
    const { scale, zeroPoint } = await reference.quantizeAffine({
      ...{ ...request, extremes, view: { outer: blocks, length: 1, inner: 1 } },
      input: fromFloat32(new Float32Array(blocks), dtype),
    });
    const round = roundingTo(scaleDtype);
    const kept = { scale: scale.slice(), zeroPoint: zeroPoint.slice() };
    const reciprocals = toFloat32(kept.scale, scaleDtype).map((value) => round(1 / value));
    if (!reciprocals.every((value) => value > SMALLEST && value < LARGEST)) return reference.quantizeAffine(request);
    return { ...kept, qdata: await codes.affine(request, reciprocals, kept.zeroPoint) };
  }

  async function quantizeInt4(request: BlockRequest): Promise<Int4Result> {
    const { view, dtype, input } = request;
    const elements = input.byteLength / (dtype === 'F32' ? 4 : 2);
    // The reference says what is wrong with a request.
    if (view.inner !== 1 || elements % 2 !== 0 || view.outer * view.length !== elements) {
      return reference.quantizeInt4(request);
    }
    const { min, max } = await codes.extremes(request);
    if (!isOrdinary({ min, max })) return reference.quantizeInt4(request);
    const ends = Float32Array.from({ length: 2 * min.length }, (_, i) => (i % 2 === 0 ? min : max)[i >> 1] ?? 0);
    const { scale, zeroPoint } = await reference.quantizeInt4({
      ...{ dtype, view: { outer: min.length, length: 2, inner: 1 }, input: fromFloat32(ends, dtype) },
    });
    const kept = { scale: scale.slice(), zeroPoint: zeroPoint.slice() };
    // The steps of the codes, which the stored scales are rounded from.
    const wide = await reference.quantizeInt4({
      ...{ dtype: 'F32', view: { outer: min.length, length: 2, inner: 1 }, input: fromFloat32(ends, 'F32') },
    });
    const steps = toFloat32(wide.scale, 'F32').slice();
    return { ...kept, packed: await codes.int4(request, min, steps) };
  }
}

const SMALLEST = 2 ** -100;
const LARGEST = 2 ** 100;

function isOrdinary({ min, max }: BlockExtremes): boolean {
  const ordinary = (value: number): boolean => Math.abs(value) < LARGEST;
  return min.every(ordinary) && max.every(ordinary);
}
