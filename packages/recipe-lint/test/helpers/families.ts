import { readFileSync } from 'node:fs';
import { deriveParameters, isDtype, type JsonObject, type ParameterInfo } from '@fewbit/core';

interface StoredFixture {
  readonly modelType: string;
  readonly tieWordEmbeddings: boolean | null;
  readonly tensors: readonly string[];
}

export interface Family {
  readonly parameters: readonly ParameterInfo[];
  readonly config: JsonObject;
}

/**
 * The real names and shapes of a family of models, as core's tests have them from transformers, with as many layers of its
 * first kind as the checkpoint that a recipe was written for.
 */
export function family(modelType: string, layers: number, overrides: JsonObject = {}): Family {
  const file = new URL(`../../../core/test/modules/fixtures/${modelType}.json`, import.meta.url);
  const { tensors, tieWordEmbeddings } = JSON.parse(readFileSync(file, 'utf8')) as StoredFixture;
  const lines = tensors.map((line) => {
    const [name = '', , , shape = '', dtype = 'F32'] = line.split(' ');
    if (!isDtype(dtype)) throw new Error(`the fixture of ${modelType} has the line "${line}"`);
    return { name, dtype, shape: shape.split('x').map(Number) };
  });
  const repeated = lines.flatMap((tensor) => {
    if (!/\blayers\.\d+\./.test(tensor.name)) return [tensor];
    if (!/\blayers\.0\./.test(tensor.name)) return [];
    return Array.from({ length: layers }, (_, layer) => ({
      ...tensor,
      name: tensor.name.replace(/\blayers\.0\./, `layers.${layer}.`),
    }));
  });
  return {
    parameters: deriveParameters(repeated, { modelType }),
    config: { model_type: modelType, tie_word_embeddings: tieWordEmbeddings ?? false, ...overrides },
  };
}
