import type { FloatDtype } from '../dtype.ts';
import type { JsonObject } from '../json.ts';
import type { TensorInfo } from '../tensor.ts';
import type { QuantizingOperations } from './quantizing.ts';
import type { ByteRuns } from './byte-runs.ts';
import type { ActivationQuantization, LinearWeight } from './inference.ts';

/** A class of quantized tensor as checkpoints store it (`Int8Tensor`): how to read it back, whoever wrote it. */
export interface TensorClass {
  readonly name: string;
  /**
   * Checks attributes and components as torchao's loader does and gives a reader.
   *
   * @throws InvalidCheckpointError where torchao would refuse to load the tensor.
   */
  readonly open: (stored: StoredQuantizedTensor) => QuantizedTensor;
}

/** A quantized tensor as the metadata of a checkpoint describes it. */
export interface StoredQuantizedTensor {
  /** The name of the tensor that was quantized: `model.layers.0.mlp.up_proj.weight`. */
  readonly name: string;
  /** `_data` of its metadata entry. */
  readonly attributes: JsonObject;
  /** By component name: `qdata`, `scale`. */
  readonly components: ReadonlyMap<string, TensorInfo>;
}

/** A quantized tensor that can be turned back into its dtype, range by range. */
export interface QuantizedTensor {
  /** What it dequantizes to. */
  readonly dtype: FloatDtype;
  readonly shape: readonly number[];
  /** Elements; ranges start and end at multiples of it. */
  readonly unit: number;
  /** The bytes that dequantizing the elements [start, end) needs. */
  readonly reads: (start: number, end: number) => readonly ComponentRead[];
  /** Little-endian bytes of `dtype` for the elements [start, end); `parts` answer `reads` in its order. */
  readonly dequantize: (request: DequantizeRequest) => Promise<Uint8Array>;
  /**
   * How it runs as the weight of a linear layer, in codes that backends have kernels for; absent or null: dequantized. A null
   * is for a tensor of this class that no kernel takes (not of rank 2, say).
   */
  readonly linear?: StoredLinear | null;
}

/** A quantized tensor of rank 2 as the weight of a linear layer. */
export interface StoredLinear {
  /** The layer's weight from the whole bytes of its components, by name. */
  readonly weight: (bytes: ReadonlyMap<string, Uint8Array>) => LinearWeight;
  /**
   * How torchao quantizes activations of a dtype before the product; null: not at all.
   *
   * @throws FewbitError (`FEWBIT_CHECKPOINT_UNSUPPORTED`) where it does so in a way that layers here cannot: static scales, float8.
   * @throws InvalidCheckpointError where the attributes do not say it as torchao would.
   */
  readonly activations: (dtype: FloatDtype) => ActivationQuantization | null;
}

/** Bytes [begin, end) of a component; with `runs`, as many runs as fit, gathered one after the other. */
export interface ComponentRead {
  readonly component: string;
  readonly begin: number;
  readonly end: number;
  readonly runs?: ByteRuns;
}

export interface DequantizeRequest {
  readonly start: number;
  readonly end: number;
  readonly parts: readonly Uint8Array[];
  readonly backend: QuantizingOperations;
}
