import type { Dtype } from '../dtype.ts';
import type { JsonObject } from '../json.ts';
import type { StoredTensor, TensorInfo } from '../tensor.ts';
import type { Source } from './io.ts';

/** A checkpoint whose headers were read and checked; no weight byte was. */
export interface Checkpoint {
  readonly shards: readonly Shard[];
  /** In the order of the shards, and in each by position. */
  readonly tensors: readonly StoredTensor[];
  /** The `__metadata__` of all shards; a name that several carry has the last one's text. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly close: () => Promise<void>;
}

export interface Shard {
  /** File name inside the checkpoint: `model-00001-of-00002.safetensors`. */
  readonly name: string;
  readonly source: Source;
}

/** A format of checkpoints: lays a plan's tensors out as files. Reading is up to the adapter's own functions. */
export interface CheckpointAdapter {
  readonly format: string;
  /**
   * Fixes every file, header and position for the tensors of a plan.
   *
   * @throws OutputRefusedError for names that the format's loaders would lose.
   */
  readonly layout: (tensors: readonly OutputTensor[], options: LayoutOptions) => Layout;
}

export interface LayoutOptions {
  /** Bytes of tensor data in one file; a single larger tensor gets a file of its own. */
  readonly maxShardBytes: number;
}

/** A tensor as the output will hold it: as it is, or in its quantized form. What `decide` gives is a list of these. */
export interface OutputTensor {
  /** The tensor before it is quantized; its components get names derived from its name. */
  readonly parameter: TensorInfo;
  /** Null for a tensor that is copied. */
  readonly quantizer: QuantizedForm | null;
}

/** What a quantized tensor is stored as. */
export interface QuantizedForm {
  /** Class name in the checkpoint's metadata: `Int8Tensor`. */
  readonly tensorClass: string;
  /** The `_data` of the checkpoint's metadata. */
  readonly attributes: JsonObject;
  /** In the order of torchao's `_tensor_data_names`, with names of the class's own: `qdata`, `scale`. */
  readonly components: readonly TensorInfo[];
}

export interface Layout {
  readonly files: readonly LayoutFile[];
  /** Where the bytes of an output tensor go, by its index, for each component. Computed at each call, always the same. */
  readonly outputsOf: (tensor: number) => readonly PlannedOutput[];
}

export interface LayoutFile {
  readonly name: string;
  readonly byteLength: number;
  /**
   * The file's first bytes (a header), or all of them (an index). Fixed by the layout, but it may be computed at each
   * access: the headers of a large model together are larger than what a run may hold.
   */
  readonly head: Uint8Array;
}

/** One component (or the tensor itself, copied) in the output. */
export interface PlannedOutput {
  /** The name in the file. */
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Index into `files`. */
  readonly file: number;
  /** First byte in the file. */
  readonly begin: number;
  readonly byteLength: number;
}
