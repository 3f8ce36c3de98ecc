import type { FloatDtype } from '../dtype.ts';
import type { Exactness } from './exactness.ts';

/** May answer at once or later; one call handles a range of a tensor, never an element. */
export type MaybePromise<T> = T | Promise<T>;

/**
 * How blocks lie in a range: the range is a row-major array [outer, length, inner], and a block is the `length` elements at
 * one outer and one inner position. Rows and groups of the last dimension have inner = 1; statistics have shape
 * [outer, inner].
 */
export interface BlockView {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** How a scale and zero point follow from a block's extremes (torchao's MappingType). */
export type MappingType = 'SYMMETRIC' | 'SYMMETRIC_NO_CLIPPING_ERR' | 'ASYMMETRIC';

/**
 * Operations that quantize and dequantize. Inputs are little-endian bytes of whole elements; none is modified.
 *
 * What an operation gives lies in memory that the backend uses again: it stays as it is until the next operation of the same
 * backend, whatever is allocated and released in between, and who needs it longer copies it. (Fresh memory for each result
 * would pile up by the megabyte before a collector looks at it.) Statistics, which `blockMinMax` and `measureHqqScaleOnly`
 * give, are the caller's to keep.
 */
export interface QuantizingOperations {
  /** What is promised of all results. What is not bit-exact is refused where it is not asked for. */
  readonly exactness: Exactness;
  /**
   * A buffer to read weights into: the backend may place it where its kernels reach it without a copy. It stays where it is
   * until it is released.
   */
  readonly allocate: (byteLength: number) => Uint8Array;
  /** Gives a buffer of `allocate` back, once. */
  readonly release: (buffer: Uint8Array) => void;
  /** Smallest and largest element of each block, widened to f32. NaN wins in both. */
  readonly blockMinMax: (request: BlockRequest) => MaybePromise<BlockExtremes>;
  /** Integer affine quantization (torchao's choose_qparams_affine and quantize_affine). */
  readonly quantizeAffine: (request: AffineRequest) => MaybePromise<AffineResult>;
  /** The inverse of quantizeAffine. */
  readonly dequantizeAffine: (request: DequantizeAffineRequest) => MaybePromise<Uint8Array>;
  /**
   * Four-bit groups with a zero point in the float domain, two codes to a byte (torchao's Int4Tensor, plain packing). The
   * view's `inner` is 1 and the number of elements even.
   */
  readonly quantizeInt4: (request: BlockRequest) => MaybePromise<Int4Result>;
  /** The inverse of quantizeInt4. */
  readonly dequantizeInt4: (request: DequantizeInt4Request) => MaybePromise<Uint8Array>;
  /**
   * HQQ scale-only, first pass: the largest relative change of any block's scale at each iteration, f32[HQQ_ITERATIONS],
   * NaN winning. The maximum over all ranges of a tensor decides how many iterations the second pass makes. The view's
   * `inner` is 1.
   */
  readonly measureHqqScaleOnly: (request: HqqMeasureRequest) => MaybePromise<Float32Array>;
  /** HQQ scale-only, second pass: scales after the given number of iterations, and the codes. All zero points are 0. */
  readonly quantizeHqqScaleOnly: (request: HqqRequest) => MaybePromise<AffineResult>;
}

export interface BlockRequest {
  readonly input: Uint8Array;
  readonly dtype: FloatDtype;
  readonly view: BlockView;
}

/** f32[outer * inner] each. */
export interface BlockExtremes {
  readonly min: Float32Array;
  readonly max: Float32Array;
}

export interface AffineRequest extends BlockRequest {
  /** Lowest and highest code, within [-128, 127]. */
  readonly qmin: number;
  readonly qmax: number;
  readonly mapping: MappingType;
  /** Lower bound of a scale, before rounding to the weight's dtype. */
  readonly eps: number;
  /** The scale is computed in the weight's dtype, then cast to this one; codes follow from the cast scale. */
  readonly scaleDtype: FloatDtype;
  /** Extremes of the whole blocks where the range holds only part of each; null to take them from the range. */
  readonly extremes: BlockExtremes | null;
}

export interface AffineResult {
  /** One code for each element, in the input's order. */
  readonly qdata: Int8Array;
  /** Little-endian bytes of the scale dtype, [outer, inner]. */
  readonly scale: Uint8Array;
  /** [outer, inner]. */
  readonly zeroPoint: Int8Array;
}

export interface DequantizeAffineRequest {
  readonly qdata: Int8Array;
  readonly scale: Uint8Array;
  readonly scaleDtype: FloatDtype;
  /** Null: no zero point is stored. */
  readonly zeroPoint: Int8Array | null;
  readonly view: BlockView;
  /** What to dequantize to. */
  readonly dtype: FloatDtype;
}

export interface Int4Result {
  /** Two's complement nibbles, the even element in the low half. One byte for two elements. */
  readonly packed: Uint8Array;
  /** Little-endian bytes of the weight's dtype, one for each block in order. */
  readonly scale: Uint8Array;
  readonly zeroPoint: Uint8Array;
}

export interface DequantizeInt4Request {
  readonly packed: Uint8Array;
  /** Little-endian bytes of `dtype`, one for each block in order. */
  readonly scale: Uint8Array;
  readonly zeroPoint: Uint8Array;
  readonly view: BlockView;
  readonly dtype: FloatDtype;
}

/** Iterations after which HQQ scale-only stops at the latest. */
export const HQQ_ITERATIONS = 20;

export interface HqqMeasureRequest extends BlockRequest {
  readonly qmin: number;
  readonly qmax: number;
}

export interface HqqRequest extends HqqMeasureRequest {
  /** How many iterations the whole tensor takes before its stop test holds: 1 to HQQ_ITERATIONS. */
  readonly iterations: number;
  /**
   * Dtype of the scales in the result. They are rounded to the weight's dtype first. Where the two are one, codes follow
   * from the unrounded f32 scale; otherwise from the cast scale, as in quantizeAffine.
   */
  readonly scaleDtype: FloatDtype;
}
