import type { BlockView } from '../contracts/quantizing.ts';
import type {
  ActivationQuantization,
  AffineWeight,
  InferenceOperations,
  LinearLayer,
  LinearRequest,
  LinearWeight,
} from '../contracts/inference.ts';
import type { FloatDtype } from '../dtype.ts';
import {
  checkCodes,
  checkLinear,
  hasExactResults,
  releasedLayer,
  rowsOf,
  type ExactLinearRequest,
} from '../inference/check-linear.ts';
import { quantizeAffine } from './affine.ts';
import { blockStart } from './block-loop.ts';
import { fromFloat32, roundingTo, toFloat32 } from './float.ts';
import { dequantizeInt4 } from './int4.ts';

/** Linear layers in plain JavaScript: sums in f64, so that what other backends add up in f32 has something to be measured by. */
export const referenceInference: InferenceOperations = { loadLinear };

type Product = (x: Float32Array, rows: number) => Float32Array;

function loadLinear(request: LinearRequest): LinearLayer {
  checkLinear(request);
  const { weight } = request;
  if (weight.kind === 'affine') checkCodes(weight.qdata, weight.bits);
  const exact = hasExactResults(request);
  let product: Product | null = exact ? integerProduct(request) : floatProduct(request);
  return {
    inFeatures: weight.inFeatures,
    outFeatures: weight.outFeatures,
    packing: exact ? 'int8, as stored' : 'f32',
    byteLength: weight.outFeatures * weight.inFeatures * (exact ? 1 : 4),
    forward: (x) => {
      if (product === null) throw releasedLayer();
      return product(x, rowsOf(x, weight.inFeatures));
    },
    release: () => {
      product = null;
    },
  };
}

interface QuantizedActivations {
  /** [M, K]. */
  readonly codes: Int8Array;
  /** For each row. */
  readonly scale: Float32Array;
  readonly zeroPoint: Int8Array;
}

function quantizeActivations(
  x: Float32Array,
  rows: number,
  dtype: FloatDtype,
  { granularity, ...scheme }: ActivationQuantization,
): QuantizedActivations {
  const blocks = granularity === 'row' ? rows : 1;
  const view = { outer: blocks, length: x.length / blocks, inner: 1 };
  const result = quantizeAffine({ input: fromFloat32(x, dtype), dtype, view, extremes: null, ...scheme });
  const scale = toFloat32(result.scale, scheme.scaleDtype);
  const { qdata: codes, zeroPoint } = result;
  if (blocks === rows) return { codes, scale, zeroPoint };
  return {
    codes,
    scale: new Float32Array(rows).fill(scale[0] ?? 0),
    zeroPoint: new Int8Array(rows).fill(zeroPoint[0] ?? 0),
  };
}

/** torchao's int8 path: see LinearLayer. */
function integerProduct({ bias, dtype, weight, activations }: ExactLinearRequest): Product {
  const { qdata, view, scale, scaleDtype, inFeatures, outFeatures } = weight;
  const codes = qdata.slice();
  const scales = toFloat32(scale.slice(), scaleDtype);
  const biases = bias?.slice() ?? null;
  const round = roundingTo(dtype);
  const rowsPerBlock = view.length / inFeatures;
  const sums = Int32Array.from({ length: outFeatures }, (_, row) => sumOf(codes, row * inFeatures, inFeatures));
  return (x, rows) => {
    const y = new Float32Array(rows * outFeatures);
    if (rows === 0) return y;
    const quantized = quantizeActivations(x, rows, dtype, activations);
    for (let m = 0; m < rows; m += 1) {
      const scaleOfRow = quantized.scale[m] ?? 0;
      const shift = Math.fround((quantized.zeroPoint[m] ?? 0) * scaleOfRow);
      for (let n = 0; n < outFeatures; n += 1) {
        let sum = 0;
        for (let k = 0; k < inFeatures; k += 1) {
          sum += (quantized.codes[m * inFeatures + k] ?? 0) * (codes[n * inFeatures + k] ?? 0);
        }
        let value = round(Math.fround(Math.fround(sum) * scaleOfRow));
        if (activations.mapping === 'ASYMMETRIC') {
          value = round(value - round(Math.fround(shift * Math.fround(sums[n] ?? 0))));
        }
        value = Math.fround(value * (scales[Math.floor(n / rowsPerBlock)] ?? 0));
        y[m * outFeatures + n] = round(biases === null ? value : value + (biases[n] ?? 0));
      }
    }
    return y;
  };
}

function sumOf(codes: Int8Array, start: number, length: number): number {
  let sum = 0;
  for (let i = start; i < start + length; i += 1) sum += codes[i] ?? 0;
  return sum;
}

function floatProduct({ weight, bias, activations, dtype }: LinearRequest): Product {
  const { inFeatures, outFeatures } = weight;
  const values = weightValues(weight);
  const biases = bias?.slice() ?? null;
  const round = roundingTo(dtype);
  return (x, rows) => {
    const y = new Float32Array(rows * outFeatures);
    if (rows === 0) return y;
    const inputs = activations === null ? x : dequantizedActivations(x, rows, dtype, activations);
    for (let m = 0; m < rows; m += 1) {
      for (let n = 0; n < outFeatures; n += 1) {
        let sum = biases?.[n] ?? 0;
        for (let k = 0; k < inFeatures; k += 1) {
          sum += (inputs[m * inFeatures + k] ?? 0) * (values[n * inFeatures + k] ?? 0);
        }
        y[m * outFeatures + n] = round(sum);
      }
    }
    return y;
  };
}

/** x̂ for each of x. Products of a code and a scale have up to 32 significant bits. */
export function dequantizedActivations(
  x: Float32Array,
  rows: number,
  dtype: FloatDtype,
  activations: ActivationQuantization,
): Float64Array {
  const { codes, scale, zeroPoint } = quantizeActivations(x, rows, dtype, activations);
  const columns = x.length / rows;
  return Float64Array.from(codes, (code, i) => {
    const row = Math.floor(i / columns);
    return (code - (zeroPoint[row] ?? 0)) * (scale[row] ?? 0);
  });
}

function weightValues(weight: LinearWeight): Float32Array {
  switch (weight.kind) {
    case 'float':
      return toFloat32(weight.values.slice(), weight.dtype);
    case 'int4': {
      const { groupSize, packed, dtype } = weight;
      const view: BlockView = { outer: (packed.length * 2) / groupSize, length: groupSize, inner: 1 };
      const widened = (bytes: Uint8Array): Uint8Array => fromFloat32(toFloat32(bytes, dtype), 'F32');
      const statistics = { scale: widened(weight.scale), zeroPoint: widened(weight.zeroPoint) };
      return toFloat32(dequantizeInt4({ packed, ...statistics, view, dtype: 'F32' }), 'F32');
    }
    case 'affine':
      return affineValues(weight);
  }
}

function affineValues({ qdata, view, scale, scaleDtype, zeroPoint }: AffineWeight): Float32Array {
  const values = new Float32Array(qdata.length);
  const scales = toFloat32(scale, scaleDtype);
  for (let block = 0; block < scales.length; block += 1) {
    const start = blockStart(block, view);
    for (let i = 0; i < view.length; i += 1) {
      const at = start + i * view.inner;
      values[at] = ((qdata[at] ?? 0) - (zeroPoint?.[block] ?? 0)) * (scales[block] ?? 0);
    }
  }
  return values;
}
