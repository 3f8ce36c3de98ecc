import type { ActivationQuantization, AffineWeight, LinearRequest } from '@fewbit/core';
import { xorshift } from './random.ts';

/** A quantized layer and activations for it, from a fixed seed: what every contender gets. */
export interface Problem {
  readonly kind: 'int4' | 'int8';
  /** M, N, K: rows of activations, out features, in features. */
  readonly rows: number;
  readonly outFeatures: number;
  readonly inFeatures: number;
  /** [N, K]: -8 to 7, or -128 to 127. */
  readonly codes: Int8Array;
  /** [N, K / 32] for int4, [N] for int8. */
  readonly scales: Float32Array;
  /** [M, K], evenly spread over [-1, 1]. */
  readonly activations: Float32Array;
}

export const GROUP_SIZE = 32;

export type Shape = Pick<Problem, 'kind' | 'rows' | 'outFeatures' | 'inFeatures'>;

export function createProblem(shape: Shape, seed: number): Problem {
  const { kind, rows, outFeatures, inFeatures } = shape;
  const random = xorshift(seed);
  const bits = kind === 'int4' ? 4 : 8;
  const codes = new Int8Array(outFeatures * inFeatures).map(() => random() >> (32 - bits));
  const groups = kind === 'int4' ? inFeatures / GROUP_SIZE : 1;
  const scales = new Float32Array(outFeatures * groups).map(() => (1 + (random() >>> 8) / 2 ** 24) * 2 ** -bits);
  const activations = new Float32Array(rows * inFeatures).map(() => random() / 2 ** 31);
  return { ...shape, codes, scales, activations };
}

/** torchao's IntxUnpackedToInt8 weights under 8-bit activations per token, and its int8 dynamic path. */
export function requestOf({ kind, outFeatures, inFeatures, codes, scales }: Problem): LinearRequest {
  const length = kind === 'int4' ? GROUP_SIZE : inFeatures;
  const weight: AffineWeight = {
    ...{ kind: 'affine', outFeatures, inFeatures, bits: kind === 'int4' ? 4 : 8, qdata: codes, zeroPoint: null },
    view: { outer: (outFeatures * inFeatures) / length, length, inner: 1 },
    scale: new Uint8Array(scales.buffer),
    scaleDtype: 'F32',
  };
  return { weight, bias: null, activations: kind === 'int4' ? PER_TOKEN : DYNAMIC, dtype: 'F32' };
}

const WHOLE = { qmin: -128, qmax: 127, scaleDtype: 'F32', granularity: 'row' } as const;
const PER_TOKEN: ActivationQuantization = { ...WHOLE, mapping: 'ASYMMETRIC', eps: 2 ** -126 };
const DYNAMIC: ActivationQuantization = { ...WHOLE, mapping: 'SYMMETRIC', eps: 2 ** -23 };
