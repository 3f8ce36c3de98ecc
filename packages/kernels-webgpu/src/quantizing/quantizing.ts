import {
  bytesPerElement,
  fromFloat32,
  roundingTo,
  toFloat32,
  type AffineRequest,
  type AffineResult,
  type BlockExtremes,
  type BlockRequest,
  type Int4Result,
  type MaybePromise,
  type QuantizingOperations,
} from '@fewbit/core';
import { EXTREMES_WORDS } from '../wgsl/weights.ts';
import type { GpuCodes } from './gpu-codes.ts';

/** The operations that a GPU can do. The inverses and HQQ are the reference's everywhere: see the README for why. */
export type GpuOperation = 'blockMinMax' | 'quantizeAffine' | 'quantizeInt4';

/** Where each quantizing operation runs: on the GPU, or by the reference on the CPU. */
export type QuantizingPlaces = Readonly<
  Record<Exclude<keyof QuantizingOperations, 'allocate' | 'release' | 'exactness'>, 'gpu' | 'reference'>
>;

export function placesOf(onGpu: ReadonlySet<GpuOperation>): QuantizingPlaces {
  const placeOf = (operation: GpuOperation): 'gpu' | 'reference' => (onGpu.has(operation) ? 'gpu' : 'reference');
  return {
    blockMinMax: placeOf('blockMinMax'),
    quantizeAffine: placeOf('quantizeAffine'),
    quantizeInt4: placeOf('quantizeInt4'),
    dequantizeAffine: 'reference',
    dequantizeInt4: 'reference',
    measureHqqScaleOnly: 'reference',
    quantizeHqqScaleOnly: 'reference',
  };
}

/**
 * Quantizing with the reference's bits: the GPU finds extremes and makes codes, the reference makes scales and zero points from
 * the extremes on the CPU. So no quotient of WGSL decides anything. Weights that are infinite, NaN, or so large or small that
 * products may leave f32's normal numbers are the reference's from the start; their extremes are the GPU's still.
 */
export function gpuQuantizing(
  reference: QuantizingOperations,
  codes: GpuCodes,
  onGpu: ReadonlySet<GpuOperation>,
  largestBytes: number,
): QuantizingOperations {
  const onGpuWhereFits =
    <R extends BlockRequest, T>(
      operation: GpuOperation,
      own: (request: R) => Promise<T>,
      otherwise: (request: R) => MaybePromise<T>,
    ) =>
    (request: R): MaybePromise<T> =>
      onGpu.has(operation) && fits(request) ? own(request) : otherwise(request);
  return {
    ...reference,
    exactness: 'bit-exact',
    blockMinMax: onGpuWhereFits('blockMinMax', codes.extremes, reference.blockMinMax),
    quantizeAffine: onGpuWhereFits('quantizeAffine', quantizeAffine, reference.quantizeAffine),
    quantizeInt4: onGpuWhereFits('quantizeInt4', quantizeInt4, reference.quantizeInt4),
  };

  /** Whether the view covers the elements, and what goes to the GPU and back fits bindings. The reference says what is wrong with others. */
  function fits({ view, input, dtype }: BlockRequest): boolean {
    const blocks = view.outer * view.inner;
    const elements = blocks * view.length;
    return (
      elements > 0 &&
      elements < MOST_ELEMENTS &&
      elements * bytesPerElement(dtype) === input.byteLength &&
      input.byteLength <= largestBytes &&
      4 * EXTREMES_WORDS * blocks <= largestBytes
    );
  }

  async function quantizeAffine(request: AffineRequest): Promise<AffineResult> {
    const { view, scaleDtype, dtype } = request;
    const blocks = view.outer * view.inner;
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
    const { view, dtype } = request;
    // The reference says what is wrong with a request.
    if (view.inner !== 1 || (view.outer * view.length) % 2 !== 0) return reference.quantizeInt4(request);
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

/** Places of elements, doubled, are 32-bit integers on the GPU. */
const MOST_ELEMENTS = 2 ** 31;

const SMALLEST = 2 ** -100;
const LARGEST = 2 ** 100;

function isOrdinary({ min, max }: BlockExtremes): boolean {
  const ordinary = (value: number): boolean => Math.abs(value) < LARGEST;
  return min.every(ordinary) && max.every(ordinary);
}
