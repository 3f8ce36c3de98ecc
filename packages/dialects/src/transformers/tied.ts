import type { DialectFailure, DialectHazard } from '@fewbit/core';
import type { Facts } from './default-skips.ts';
import type { TransformersOptions } from './options.ts';

/** What becomes of a pair of embeddings after all tensors are loaded. */
export interface TiedOutcome {
  readonly failure: DialectFailure | null;
  readonly hazards: readonly DialectHazard[];
}

const NOTHING: TiedOutcome = { failure: null, hazards: [] };

/**
 * Tying two tensors that are both there compares them first, and quantized ones cannot be compared. They are both there when
 * the checkpoint holds both, and when `untie_embedding_weights` made a copy for the head.
 */
export function tiedOutcome(
  { tied, inputEmbedding, outputEmbedding }: Facts,
  quantized: ReadonlySet<string>,
  options: TransformersOptions,
): TiedOutcome {
  const input = inputEmbedding === null ? null : `${inputEmbedding}.weight`;
  const copies = options.untieEmbeddingWeights === true && input !== null && quantized.has(input);
  if (tied === null) {
    return copies && outputEmbedding !== null
      ? { failure: null, hazards: [{ ...OVERWRITTEN, at: COPIED_HEAD, entry: -1 }] }
      : NOTHING;
  }
  const some = [tied.input, tied.output].find((name) => quantized.has(name));
  if (some === undefined) return NOTHING;
  if (copies || tied.stored === 'both') {
    const message = `both ${JSON.stringify(tied.input)} and ${JSON.stringify(tied.output)} are there, and tying them compares tensors of which one is quantized`;
    return { failure: { error: 'NotImplementedError', message, at: tied.output, entries: [] }, hazards: [] };
  }
  const other = some === tied.input ? tied.output : tied.input;
  return { failure: null, hazards: [{ ...SHARED, at: other, entry: -1 }] };
}

/** Where `untie_embedding_weights` puts its copy of the token embeddings, whatever the head's name is. */
export const COPIED_HEAD = 'lm_head.weight';

const OVERWRITTEN = {
  id: 'head-overwritten',
  message:
    'untie_embedding_weights puts a copy of the token embeddings in the place of a head that was never tied to them',
};
const SHARED = {
  id: 'tied-embeddings-quantized',
  message: 'it is tied to a quantized tensor and shares it; transformers cannot load what it saves of such a model',
};
