import { HQQ_ITERATIONS, type AffineResult, type HqqMeasureRequest, type HqqRequest } from '../contracts/quantizing.ts';
import { codesOf } from './affine.ts';
import { assertConsecutive, blockCount, blockStart } from './block-loop.ts';
import { fromFloat32, roundingTo, toFloat32 } from './float.ts';
import { roundHalfEven } from './rounding.ts';
import { createTorchSum } from './torch-sum.ts';

/** No scale gets smaller: f32's machine epsilon. */
const SMALLEST_SCALE: number = 2 ** -23;

/** See QuantizingOperations.measureHqqScaleOnly. */
export function measureHqqScaleOnly(request: HqqMeasureRequest): Float32Array {
  const changes = new Float32Array(HQQ_ITERATIONS);
  refineScales(request, HQQ_ITERATIONS, (iteration, change) => {
    changes[iteration] = Math.max(changes[iteration] ?? 0, change);
  });
  return changes;
}

/** See QuantizingOperations.quantizeHqqScaleOnly. */
export function quantizeHqqScaleOnly(request: HqqRequest): AffineResult {
  const { dtype, scaleDtype, iterations } = request;
  const refined = refineScales(request, iterations, () => undefined);
  const zeroPoint = new Int8Array(refined.scale.length);
  const ownScale = refined.scale.map(roundingTo(dtype));
  if (scaleDtype === dtype) return { qdata: refined.codes, scale: fromFloat32(ownScale, dtype), zeroPoint };
  const scale = ownScale.map(roundingTo(scaleDtype));
  const qdata = codesOf(toFloat32(request.input, dtype), { ...request, scale, zeroPoint });
  return { qdata, scale: fromFloat32(scale, scaleDtype), zeroPoint };
}

/** Codes and unrounded scales after some iterations; `onChange` hears of each block's relative change in each of them. */
function refineScales(
  { input, dtype, view, qmin, qmax }: HqqMeasureRequest,
  iterations: number,
  onChange: (iteration: number, change: number) => void,
): { readonly codes: Int8Array; readonly scale: Float32Array } {
  assertConsecutive(view, 'HQQ');
  const weights = toFloat32(input, dtype);
  const blocks = blockCount(view, weights.length);
  const { length } = view;
  const sum = createTorchSum(length);
  const widest = Math.max(Math.abs(qmin), Math.abs(qmax)) || 1;
  const codes = new Int8Array(weights.length);
  const scales = new Float32Array(blocks);
  const levels = new Float32Array(length);
  const products = new Float32Array(length);
  const squares = new Float32Array(length);

  for (let block = 0; block < blocks; block += 1) {
    const start = blockStart(block, view);
    let largest = 0;
    for (let i = 0; i < length; i += 1) largest = Math.max(largest, Math.abs(weights[start + i] ?? 0));
    let scale = Math.max(Math.fround(largest / widest), SMALLEST_SCALE);
    for (let iteration = 0; iteration < iterations; iteration += 1) {
      const before = scale;
      quantizeBlock(start, scale);
      for (let i = 0; i < length; i += 1) {
        const level = levels[i] ?? 0;
        products[i] = (weights[start + i] ?? 0) * level;
        squares[i] = level * level;
      }
      const denominator = sum(squares);
      const fitted = denominator > 0 ? Math.fround(sum(products) / denominator) : before;
      scale = Math.abs(Math.max(fitted, SMALLEST_SCALE));
      onChange(iteration, Math.fround(Math.fround(Math.abs(scale - before)) / Math.max(before, SMALLEST_SCALE)));
    }
    quantizeBlock(start, scale);
    codes.set(levels, start);
    scales[block] = scale;
  }
  return { codes, scale: scales };

  function quantizeBlock(start: number, scale: number): void {
    for (let i = 0; i < length; i += 1) {
      const level = roundHalfEven(Math.fround((weights[start + i] ?? 0) / scale));
      levels[i] = level < qmin ? qmin : level > qmax ? qmax : level;
    }
  }
}
