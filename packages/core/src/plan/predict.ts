import type { CheckpointAdapter } from '../contracts/checkpoint.ts';
import { OutputRefusedError } from '../errors.ts';
import type { Decisions } from './decide.ts';
import { DEFAULT_MAX_SHARD_BYTES } from './make-plan.ts';

/** The files that a run would write, an index among them; side files such as `config.json` are not counted. */
export interface PredictedFiles {
  readonly files: number;
  /** Headers included. */
  readonly byteLength: number;
}

export interface PredictOptions {
  readonly adapter: CheckpointAdapter;
  /** Default 5 GB. */
  readonly maxShardBytes?: number;
}

/**
 * How large the output will be, headers and all, from names and shapes alone. A string says why there would be none: a
 * config cannot take its tensor, or the format's loaders would lose a name.
 */
export function predictFiles(decisions: Decisions, options: PredictOptions): PredictedFiles | string {
  const { adapter, maxShardBytes = DEFAULT_MAX_SHARD_BYTES } = options;
  const refused = decisions.list.filter(({ refusal }) => refusal?.verdict === 'error').length;
  if (refused > 0) return `${refused} tensor(s) cannot take the config that the recipe gives them`;
  try {
    const { files } = adapter.layout(decisions.list, { maxShardBytes });
    return { files: files.length, byteLength: files.reduce((sum, file) => sum + file.byteLength, 0) };
  } catch (error) {
    if (error instanceof OutputRefusedError) return error.details.message;
    throw error;
  }
}
