/** What a user passes to `TorchAoConfig`, and what a family of models adds. */
export interface TransformersOptions {
  /** Replaces the default skip list, as in Python. Default null: tied weights, the last module, the output embeddings. */
  readonly modulesToNotConvert?: readonly string[] | null;
  /** Takes the input and output embeddings out of the skip list, and lets `_default` reach embeddings. Default false. */
  readonly includeInputOutputEmbeddings?: boolean;
  /** Quantizes the input embeddings apart from a tied head, or means to: see README. Default false. */
  readonly untieEmbeddingWeights?: boolean;
  /**
   * The model class's `_keep_in_fp32_modules`, which transformers skips as well. Default: by `model_type`, for the families
   * that had any in 5.23.0.
   */
  readonly keepInFp32Modules?: readonly string[];
  /**
   * The name in the model of a name in the checkpoint. Several names that become one are stacked: experts. Default: the
   * same name.
   */
  readonly inMemoryName?: (name: string) => string;
  /** How skip lists match: 5.18 knows no module boundaries, so that `layers.1` skips layer 10 as well. Default 5.23. */
  readonly version?: '5.18' | '5.23';
}
