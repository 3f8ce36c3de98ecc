import type { Checkpoint, JsonObject } from '@fewbit/core';

import type { CheckpointFinding } from './finding.ts';
import type { InspectedTensor } from './inspected-tensor.ts';
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
