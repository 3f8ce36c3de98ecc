import type { FloatDtype } from '../dtype.ts';
import type { BlockView, MappingType, MaybePromise } from './quantizing.ts';

/** Running quantized linear layers. */
export interface InferenceOperations {
  /**
   * Takes a linear layer's weight into the backend's own form: which one, the backend decides and says (`packing`). The arrays
   * of the request are read, not kept.
   *
   * @throws FewbitError (`FEWBIT_INFERENCE_INVALID`) for arrays that do not have the lengths of the shapes, and for codes
   * outside the range that `bits` allows.
   */
  readonly loadLinear: (request: LinearRequest) => MaybePromise<LinearLayer>;
}

/** A linear layer y = x Wᵀ + b, with W of shape [N, K]: N out features, K in features, both at least 1. */
export interface LinearRequest {
  readonly weight: LinearWeight;
  /** f32[N]; null: none. */
  readonly bias: Float32Array | null;
  /** How activations are quantized before each product; null: not at all. */
  readonly activations: ActivationQuantization | null;
  /** The dtype that the layer runs in: activations are values of it, and results are rounded to it, half to even. */
  readonly dtype: FloatDtype;
}

/** A weight as a checkpoint stores it. Bytes are little-endian, arrays row-major. */
export type LinearWeight = FloatWeight | AffineWeight | Int4Weight;

export interface FloatWeight {
  readonly kind: 'float';
  readonly outFeatures: number;
  readonly inFeatures: number;
  readonly dtype: FloatDtype;
  /** [N, K] of `dtype`. */
  readonly values: Uint8Array;
}

/** Integer codes with a scale for each block: w = (q - zero point) * scale. */
export interface AffineWeight {
  readonly kind: 'affine';
  readonly outFeatures: number;
  readonly inFeatures: number;
  /** 1 to 8: codes lie within [-2^(bits - 1), 2^(bits - 1) - 1]. */
  readonly bits: number;
  /** [N, K], one code to a byte. */
  readonly qdata: Int8Array;
  /** How blocks lie in [N, K]: see BlockView. Statistics have shape [outer, inner]. */
  readonly view: BlockView;
  readonly scale: Uint8Array;
  readonly scaleDtype: FloatDtype;
  /** Null: all are 0. */
  readonly zeroPoint: Int8Array | null;
}

/** Four-bit codes in groups of a row, with a zero point in the float domain: w = q * scale + zero point. */
export interface Int4Weight {
  readonly kind: 'int4';
  readonly outFeatures: number;
  readonly inFeatures: number;
  /** A divisor of K, which is even. */
  readonly groupSize: number;
  /** [N, K / 2]: two's complement nibbles, the even column in the low half. */
  readonly packed: Uint8Array;
  /** [N, K / groupSize] of `dtype`, as the zero point. */
  readonly scale: Uint8Array;
  readonly zeroPoint: Uint8Array;
  readonly dtype: FloatDtype;
}

/**
 * Activations quantized as `quantizeAffine` does it, from the layer's dtype, each time the layer runs: x̂ = (q - zero point)
 * * scale.
 */
export interface ActivationQuantization {
  readonly mapping: MappingType;
  /** Within [-128, 127]. */
  readonly qmin: number;
  readonly qmax: number;
  /** Lower bound of a scale. */
  readonly eps: number;
  readonly scaleDtype: FloatDtype;
  /** One scale for each row of [M, K], or one for all of them. */
  readonly granularity: 'row' | 'tensor';
}

/**
 * A linear layer that is ready to run.
 *
 * Where activations are quantized and every block of an affine weight without zero points is made of whole rows, a result has
 * the bits of torchao's int8 path: with acc the exact integer sum over k of qx qw, sx, zx and sw the scales and zero
 * point, and every step rounded to the layer's dtype A where it says so, else to f32,
 *
 *     t = A(acc * sx);  t = A(t - A((zx * sx) * sum of qw))  for an asymmetric mapping;  y = A(t * sw + bias)
 *
 * (the subtraction is left out for symmetric mappings). Everywhere else a result is the sum over k of x̂ ŵ, plus the bias,
 * within 1e-5 of the sum over k of |x̂ ŵ| before it is rounded to A; x̂ and ŵ are not rounded to A on the way. (Where zero points
 * are in the float domain, |ŵ| stands for |q * scale| + |zero point|: kernels multiply the two apart, and they may cancel.)
 * Activations that are infinite or NaN give whatever the kernels make of them.
 */
export interface LinearLayer {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** How the backend keeps the weight, in its own words, for reports: `int4, 8 rows interleaved, groups of 32`. */
  readonly packing: string;
  /** Bytes that the weight takes in that form. */
  readonly byteLength: number;
  /**
   * From activations [M, K] to [M, N]; M follows from the length and may be 0. What it gives stays as it is until the next
   * `forward` of any layer of the same backend: who needs it longer copies it. `x` may be such a result.
   *
   * @throws FewbitError (`FEWBIT_INFERENCE_INVALID`) for a length that K does not divide, and after `release`.
   */
  readonly forward: (x: Float32Array) => MaybePromise<Float32Array>;
  /** Gives the memory of the weight back. Calling it twice is allowed. */
  readonly release: () => void;
}
