/** Who loads checkpoints. */
export type Consumer = 'torchao' | 'transformers';

/** Something that a person should know about a checkpoint. */
export interface CheckpointFinding {
  /** Stable, for programs: `missing-component`. */
  readonly id: string;
  /** `error`: it stops one of `stops` from loading the checkpoint rightly. */
  readonly severity: 'error' | 'warning' | 'note';
  readonly message: string;
  /** A tensor that it is about; where it is about many, the first. */
  readonly tensor?: string;
  /** How many tensors it is about, when they are more than one. */
  readonly count?: number;
  /** Loaders that raise, or that lose tensors or leave them random without a word. Empty for what is only worth knowing. */
  readonly stops: readonly Consumer[];
}
