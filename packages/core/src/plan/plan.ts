import type { LayoutFile, PlannedOutput } from '../contracts/checkpoint.ts';
import type { Resolution } from '../matcher/resolution.ts';
import type { ParameterInfo, StoredTensor } from '../tensor.ts';

/** Something that a person should know and that does not stop the job. */
export interface Finding {
  /** Stable, for programs: `key-matches-nothing`, `left-as-is`. */
  readonly id: string;
  readonly severity: 'warning' | 'note';
  readonly message: string;
  /** The recipe's key that it is about, if any. */
  readonly key?: string;
  /** The tensor that it is about, if any. */
  readonly tensor?: string;
}

/** Everything that a run will do, as data: made from names and shapes alone, before any weight is read. */
export interface Plan {
  readonly format: 'fewbit-plan/1';
  /** The recipe as JSON text, from which a worker makes its configs: text, because an object would reorder some keys. */
  readonly recipe: string;
  readonly inputs: readonly PlannedInput[];
  readonly tensors: readonly PlannedTensor[];
  /**
   * Where a tensor's components go, by its index; a copied tensor has one. Fixed by the plan, but computed at each call: for a
   * large model these objects would outnumber all others.
   */
  readonly outputsOf: (tensor: number) => readonly PlannedOutput[];
  readonly files: readonly LayoutFile[];
  /** In the order in which workers take them. */
  readonly items: WorkItems;
  readonly findings: readonly Finding[];
}

export interface PlannedInput {
  readonly name: string;
  readonly byteLength: number;
}

/** One tensor of the input and what becomes of it. */
export interface PlannedTensor {
  readonly parameter: ParameterInfo & StoredTensor;
  readonly resolution: Resolution;
  /** Index of the recipe's entry whose config quantizes this tensor; null when it is copied. */
  readonly configEntry: number | null;
}

/** Work items in their order, each made when it is asked for. */
export interface WorkItems extends Iterable<WorkItem> {
  readonly length: number;
  /** Undefined beyond the end. */
  readonly at: (index: number) => WorkItem | undefined;
}

/**
 * A small, idempotent piece of work, addressed by position.
 *
 * - `copy`: the bytes [start, end) of the tensor go to its output unchanged.
 * - `measure`: the elements [start, end) contribute to the statistic of their span.
 * - `quantize`: the elements [start, end) are quantized; after all measuring of their span.
 */
export interface WorkItem {
  readonly phase: 'copy' | 'measure' | 'quantize';
  /** Index into the plan's tensors. */
  readonly tensor: number;
  readonly start: number;
  readonly end: number;
}
