import type { Checkpoint, JsonObject, ModuleKind } from '@fewbit/core';

import type { CheckpointFinding, DescribedTensor } from './quantized-format.ts';
import type { QuantizationConfig } from './quantization-config.ts';
import type { CheckpointTotals } from './totals.ts';
import type { LoadVerdict } from './verdicts.ts';

/** A checkpoint that was opened, with what lies beside it. */
export interface DescribableCheckpoint extends Pick<Checkpoint, 'shards' | 'tensors' | 'metadata'> {
  /** The model's `config.json`; null when there is none. */
  readonly config: JsonObject | null;
  readonly shardMetadata?: readonly ReadonlyMap<string, string>[];
  readonly indexProblems?: readonly string[];
}

/** A tensor as the model has it, with its place in the model and its cost in the file. */
export interface InspectedTensor extends DescribedTensor {
  /** FQN of the owning module; '' for the root. */
  readonly module: string;
  readonly kind: ModuleKind;
  /** The scheme in words; null for a plain tensor. */
  readonly words: string | null;
  /** Of all components. */
  readonly bytes: number;
  readonly bitsPerWeight: number | null;
  /** False for buffers, and for scales that belong to no weight. */
  readonly isParameter: boolean;
}

/** What a checkpoint holds. */
export interface CheckpointDescription {
  /** In the model's order where the file keeps it (torchao); by name otherwise, numbers in their order. */
  readonly tensors: readonly InspectedTensor[];
  /** Names of the formats that tensors are stored in; empty for a plain checkpoint. */
  readonly formats: readonly string[];
  /** What the config says; null when it says nothing. */
  readonly quantization: QuantizationConfig | null;
  readonly totals: CheckpointTotals;
  /** The worst first. */
  readonly findings: readonly CheckpointFinding[];
  readonly loading: readonly LoadVerdict[];
}
