import {
  HQQ_ITERATIONS,
  type AffineRequest,
  type AffineResult,
  type BlockView,
  type MappingType,
  type QuantizingOperations,
} from '../contracts/quantizing.ts';
import type { FloatDtype } from '../dtype.ts';
import { fromFloat32, toFloat32 } from '../reference/float.ts';
import { integerWithin, pick, type Random } from './random-weights.ts';
import type { TrialResult } from './trial-results.ts';

const DTYPES: readonly [FloatDtype, ...FloatDtype[]] = ['F32', 'BF16', 'F16'];
const MAPPINGS: readonly [MappingType, ...MappingType[]] = ['SYMMETRIC', 'SYMMETRIC_NO_CLIPPING_ERR', 'ASYMMETRIC'];

/** An operation on random data: makes the request from the random source, and gives all results by name. */
export type Trial = (
  random: Random,
  input: Uint8Array,
  dtype: FloatDtype,
  view: BlockView,
) => (operations: QuantizingOperations) => Promise<Results>;
export type Results = Readonly<Record<string, TrialResult>>;

/** By operation. `consecutive`: it takes blocks of consecutive elements only, and an even number of them. */
export const TRIALS: Readonly<Record<string, { readonly trial: Trial; readonly consecutive: boolean }>> = {
  blockMinMax: {
    consecutive: false,
    trial: (_, input, dtype, view) => async (operations) => {
      const { min, max } = await operations.blockMinMax({ input, dtype, view });
      return { min: resultOfFloats(min), max: resultOfFloats(max) };
    },
  },
  quantizeAffine: {
    consecutive: false,
    trial: (random, input, dtype, view) => {
      const scheme = randomScheme(random, dtype);
      return async (operations) =>
        bytesOfResult(
          await operations.quantizeAffine({ input, dtype, view, ...scheme, extremes: null }),
          scheme.scaleDtype,
        );
    },
  },
  'quantizeAffine with given extremes': {
    consecutive: false,
    trial: (random, input, dtype, view) => {
      const scheme = randomScheme(random, dtype);
      const blocks = view.outer * view.inner;
      const extremes = {
        min: new Float32Array(blocks).map(() => -random() * 4),
        max: new Float32Array(blocks).map(() => random() * 4),
      };
      return async (operations) =>
        bytesOfResult(await operations.quantizeAffine({ input, dtype, view, ...scheme, extremes }), scheme.scaleDtype);
    },
  },
  dequantizeAffine: {
    consecutive: false,
    trial: (random, input, scaleDtype, view) => {
      const elements = view.outer * view.length * view.inner;
      const blocks = view.outer * view.inner;
      const codes = (count: number): Int8Array => new Int8Array(count).map(() => integerWithin(random, -128, 127));
      const request = {
        qdata: codes(elements),
        // As many of the input's elements as there are blocks: scales may be anything.
        scale: input.slice(0, (input.length / elements) * blocks),
        scaleDtype,
        zeroPoint: random() < 0.3 ? null : codes(blocks),
        view,
        dtype: pick(random, DTYPES),
      };
      return async (operations) => ({ values: canonical(await operations.dequantizeAffine(request), request.dtype) });
    },
  },
  quantizeInt4: {
    consecutive: true,
    trial: (_, input, dtype, view) => async (operations) => {
      const { packed, scale, zeroPoint } = await operations.quantizeInt4({ input, dtype, view });
      return {
        packed: { bytes: packed, elements: 'nibbles' },
        scale: canonical(scale, dtype),
        zeroPoint: canonical(zeroPoint, dtype),
      };
    },
  },
  dequantizeInt4: {
    consecutive: true,
    trial: (random, input, dtype, view) => {
      const blockBytes = (input.length / view.length) | 0;
      const request = {
        packed: new Uint8Array((view.outer * view.length) / 2).map(() => integerWithin(random, 0, 255)),
        scale: input.slice(0, blockBytes),
        zeroPoint: input.slice(input.length - blockBytes),
        view,
        dtype,
      };
      return async (operations) => ({ values: canonical(await operations.dequantizeInt4(request), dtype) });
    },
  },
  measureHqqScaleOnly: {
    consecutive: true,
    trial: (random, input, dtype, view) => {
      const range = randomRange(random);
      return async (operations) => ({
        changes: resultOfFloats(await operations.measureHqqScaleOnly({ input, dtype, view, ...range })),
      });
    },
  },
  quantizeHqqScaleOnly: {
    consecutive: true,
    trial: (random, input, dtype, view) => {
      const request = {
        ...randomRange(random),
        iterations: integerWithin(random, 1, HQQ_ITERATIONS),
        scaleDtype: random() < 0.7 ? dtype : pick(random, DTYPES),
      };
      return async (operations) =>
        bytesOfResult(await operations.quantizeHqqScaleOnly({ input, dtype, view, ...request }), request.scaleDtype);
    },
  },
};

function randomScheme(
  random: Random,
  dtype: FloatDtype,
): Pick<AffineRequest, 'qmin' | 'qmax' | 'mapping' | 'eps' | 'scaleDtype'> {
  return {
    ...randomRange(random),
    mapping: pick(random, MAPPINGS),
    eps: pick(random, [2 ** -23, 2 ** -14, 2 ** -126, 1e-6]),
    scaleDtype: random() < 0.5 ? dtype : pick(random, DTYPES),
  };
}

function randomRange(random: Random): { readonly qmin: number; readonly qmax: number } {
  const half = 2 ** integerWithin(random, 0, 7);
  return { qmin: -half, qmax: half - 1 };
}

function bytesOfResult({ qdata, scale, zeroPoint }: AffineResult, scaleDtype: FloatDtype): Results {
  return { qdata: resultOfCodes(qdata), scale: canonical(scale, scaleDtype), zeroPoint: resultOfCodes(zeroPoint) };
}

function resultOfCodes(codes: Int8Array): TrialResult {
  return { bytes: new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength), elements: 'codes' };
}

// Every NaN as the same one: its bits are nobody's promise.
function canonical(bytes: Uint8Array, dtype: FloatDtype): TrialResult {
  return resultOfFloats(toFloat32(bytes, dtype), dtype);
}

function resultOfFloats(values: Float32Array, dtype: FloatDtype = 'F32'): TrialResult {
  const bytes = fromFloat32(
    values.map((value) => (Number.isNaN(value) ? NaN : value)),
    dtype,
  );
  return { bytes, elements: dtype };
}
