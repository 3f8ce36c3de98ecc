import type {
  AffineRequest,
  AffineResult,
  BlockExtremes,
  BlockView,
  DequantizeAffineRequest,
} from '../contracts/quantizing.ts';
import type { FloatDtype } from '../dtype.ts';
import { blockCount, blockStart, extremesOf } from './block-loop.ts';
import { fromFloat32, roundingTo, toFloat32 } from './float.ts';
import { roundHalfEven } from './rounding.ts';
import { freshCodes, freshScratch, type CodeMemory, type Scratch } from './scratch.ts';

/** See QuantizingOperations.quantizeAffine. */
export function quantizeAffine(
  request: AffineRequest,
  scratch: Scratch = freshScratch,
  memory: CodeMemory = freshCodes,
): AffineResult {
  const { input, dtype, view, scaleDtype, extremes } = request;
  const values = toFloat32(input, dtype, scratch);
  const { scale, zeroPoint } = chooseQparams(extremes ?? extremesOf(values, view), request);
  const castScale = scale.map(roundingTo(scaleDtype));
  const qdata = codesOf(values, { ...request, scale: castScale, zeroPoint }, memory);
  return { qdata, scale: fromFloat32(castScale, scaleDtype), zeroPoint };
}

/** Scales in the weight's dtype (every operation rounded to it) and zero points, one for each block. */
function chooseQparams(
  { min, max }: BlockExtremes,
  { dtype, mapping, qmin, qmax, eps }: AffineRequest,
): { readonly scale: Float32Array; readonly zeroPoint: Int8Array } {
  const round = roundingTo(dtype);
  const lowest = round(eps);
  const scale = new Float32Array(min.length);
  const zeroPoint = new Int8Array(min.length).fill(Math.trunc((qmax + qmin + 1) / 2));
  for (let block = 0; block < min.length; block += 1) {
    const low = Math.min(min[block] ?? 0, 0);
    const high = Math.max(max[block] ?? 0, 0);
    const chosen = Math.max(unclampedScale(low, high), lowest);
    scale[block] = chosen;
    if (mapping === 'ASYMMETRIC') {
      zeroPoint[block] = clamp(qmin - roundHalfEven(round(low / chosen)), qmin, qmax);
    }
  }
  return { scale, zeroPoint };

  function unclampedScale(low: number, high: number): number {
    switch (mapping) {
      case 'SYMMETRIC':
        return round(Math.max(-low, high) / ((qmax - qmin) / 2));
      case 'SYMMETRIC_NO_CLIPPING_ERR': {
        const negative = round(low / qmin);
        const positive = round(high / qmax);
        return negative > positive ? negative : positive;
      }
      case 'ASYMMETRIC':
        return round(round(high - low) / (qmax - qmin));
    }
  }
}

/** What codes are made from: scales are values of `scaleDtype` held as f32. */
export interface CodesRequest {
  readonly view: BlockView;
  readonly dtype: FloatDtype;
  readonly scaleDtype: FloatDtype;
  readonly qmin: number;
  readonly qmax: number;
  readonly scale: Float32Array;
  readonly zeroPoint: Int8Array;
}

/** torchao's quantize_affine: multiply by the rounded reciprocal, round, add the zero point, clamp. NaN becomes 0. */
export function codesOf(values: Float32Array, request: CodesRequest, memory: CodeMemory = freshCodes): Int8Array {
  const { view, dtype, scaleDtype, qmin, qmax, scale, zeroPoint } = request;
  const roundReciprocal = roundingTo(scaleDtype);
  // PyTorch's promotion: two different float dtypes meet in f32.
  const roundProduct = roundingTo(dtype === scaleDtype ? dtype : 'F32');
  const codes = memory(values.length);
  const blocks = blockCount(view, values.length);
  const { length, inner } = view;
  for (let block = 0; block < blocks; block += 1) {
    const reciprocal = roundReciprocal(1 / (scale[block] ?? 0));
    const zero = zeroPoint[block] ?? 0;
    const start = blockStart(block, view);
    const end = start + length * inner;
    for (let i = start; i < end; i += inner) {
      // The sum needs no rounding of its own: where it is not exact it lies beyond both bounds.
      codes[i] = clamp(roundHalfEven(roundProduct((values[i] ?? 0) * reciprocal)) + zero, qmin, qmax);
    }
  }
  return codes;
}

/** See QuantizingOperations.dequantizeAffine. */
export function dequantizeAffine({
  qdata,
  scale,
  scaleDtype,
  zeroPoint,
  view,
  dtype,
}: DequantizeAffineRequest): Uint8Array {
  const scales = toFloat32(scale, scaleDtype);
  const blocks = blockCount(view, qdata.length);
  const values = new Float32Array(qdata.length);
  const { length, inner } = view;
  for (let block = 0; block < blocks; block += 1) {
    const factor = scales[block] ?? 0;
    const zero = zeroPoint?.[block] ?? 0;
    const start = blockStart(block, view);
    const end = start + length * inner;
    // Storing rounds to f32; fromFloat32 rounds that to the dtype.
    for (let i = start; i < end; i += inner) values[i] = ((qdata[i] ?? 0) - zero) * factor;
  }
  return fromFloat32(values, dtype);
}

// Keeps NaN, as PyTorch's clamp does; Int8Array turns it into 0, as x86 does.
function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}
