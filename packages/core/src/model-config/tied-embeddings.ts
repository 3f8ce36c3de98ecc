import { OutputRefusedError } from '../errors.ts';
import type { Decisions } from '../plan/decide.ts';
import type { Finding } from '../plan/plan.ts';
import type { StoredTensor } from '../tensor.ts';

/** Two names of one tensor in a model: the token embeddings and the output head. */
export interface TiedPair {
  readonly input: string;
  readonly output: string;
}

/** What a run has to do about a tied pair. */
export interface TiedOutcome {
  /** What `tie_word_embeddings` must say in the output's config; null to leave it as it is. */
  readonly tieWordEmbeddings: boolean | null;
  readonly findings: readonly Finding[];
}

/** The tensors of an untied checkpoint: the one of the pair that is not stored becomes a copy of the other. */
export function untie<T extends StoredTensor>(tensors: readonly T[], pair: TiedPair | null): readonly T[] {
  if (pair === null) return tensors;
  const [input, output] = storedOf(tensors, pair);
  const only = input ?? output;
  if (only === undefined || (input !== undefined && output !== undefined)) return tensors;
  const copy = { ...only, name: input === undefined ? pair.input : pair.output };
  return [...tensors, copy];
}

/**
 * Makes sure that the output of a tied model loads again.
 *
 * A loader that ties two quantized tensors compares them and fails, and one that knows nothing of sharing ties a plain
 * tensor to a quantized one; so quantizing one of a tied pair needs the pair untied.
 *
 * @throws OutputRefusedError when a tensor of a pair that stays tied would be quantized.
 */
export function settleTiedEmbeddings(decisions: Decisions, pair: TiedPair | null, untied: boolean): TiedOutcome {
  if (pair === null) return { tieWordEmbeddings: null, findings: [] };
  if (untied) {
    const message = `"${pair.input}" and "${pair.output}" are written as two tensors, and config.json says they are not tied`;
    return { tieWordEmbeddings: false, findings: [{ id: 'untied', severity: 'note', message }] };
  }
  const quantized = decisions.list.filter(
    ({ quantizer, parameter }) =>
      quantizer !== null && (parameter.name === pair.input || parameter.name === pair.output),
  );
  if (quantized.length > 0) {
    throw new OutputRefusedError({
      message: `the recipe quantizes ${quantized.map(({ parameter }) => `"${parameter.name}"`).join(' and ')}, but the model ties "${pair.input}" to "${pair.output}"`,
      where: 'config.json, tie_word_embeddings',
      hint: 'Pass --untie (option untie) to write both as tensors of their own, or give them null in the recipe.',
    });
  }
  return { tieWordEmbeddings: null, findings: [] };
}

function storedOf<T extends StoredTensor>(tensors: readonly T[], pair: TiedPair): [T | undefined, T | undefined] {
  return [tensors.find(({ name }) => name === pair.input), tensors.find(({ name }) => name === pair.output)];
}
