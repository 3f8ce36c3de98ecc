import { tiedEmbeddings, type DialectModel, type ParameterInfo } from '@fewbit/core';

/** The tensor that a model with tied embeddings has in memory and its checkpoint does not hold; none where both are stored. */
export function tiedTwin({ config, parameters }: DialectModel): ParameterInfo | null {
  const pair = tiedEmbeddings(
    config,
    parameters.map(({ name }) => name),
  );
  if (pair === null || pair.stored === 'both') return null;
  const [stored, other] = pair.stored === 'input' ? [pair.input, pair.output] : [pair.output, pair.input];
  const twin = parameters.find(({ name }) => name === stored);
  if (twin === undefined) return null;
  const module = other.slice(0, Math.max(0, other.lastIndexOf('.')));
  return { ...twin, name: other, module, parameter: 'weight', kind: other === pair.output ? 'linear' : 'embedding' };
}
