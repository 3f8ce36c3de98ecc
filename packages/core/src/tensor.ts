import { bytesPerElement, type Dtype } from './dtype.ts';
import type { ModuleKind } from './modules/kind.ts';

/** A tensor's name, dtype and shape: all that anything before the plan may look at. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  /** Row-major; empty for a scalar. */
  readonly shape: readonly number[];
}

/** A tensor with the place of its bytes. */
export interface StoredTensor extends TensorInfo {
  /** Index into the checkpoint's shards. */
  readonly shard: number;
  /** First byte, from the start of the shard's file. */
  readonly begin: number;
  /** One past the last byte. */
  readonly end: number;
}

/** A tensor seen as a parameter of a module: what a config is asked about. */
export interface ParameterInfo extends TensorInfo {
  /** FQN of the owning module; empty for the root module. */
  readonly module: string;
  /** The parameter's own name in its module: `weight`, `bias`, `gate_up_proj`. */
  readonly parameter: string;
  readonly kind: ModuleKind;
}

/** Number of elements; 1 for a scalar. Exact below 2^53, which every header check guarantees. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const extent of shape) count *= extent;
  return count;
}

/** Length of the tensor's bytes. */
export function byteLength(tensor: TensorInfo): number {
  return elementCount(tensor.shape) * bytesPerElement(tensor.dtype);
}
