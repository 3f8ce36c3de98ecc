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

/** A tensor as the output will hold it: plain, or as the components of a quantized one. */
export interface OutputTensor {
  /** The tensor's own name; a quantized tensor's components get names derived from it. */
  readonly name: string;
  /** Class name and attributes; null for a plain tensor, which has one component. */
  readonly quantized: { readonly tensorClass: string; readonly attributes: JsonObject } | null;
  /** Component names are the class's own (`qdata`); a plain tensor's single component is named ''. */
  readonly components: readonly TensorInfo[];
  /** The tensor's shape before it was quantized, for an index that counts parameters. A plain tensor may leave it out. */
  readonly shape?: readonly number[];
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
