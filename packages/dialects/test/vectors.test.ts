import { readFileSync } from 'node:fs';
import type { JsonObject, ModuleKind } from '@fewbit/core';
import { describe, expect, it, test } from 'vitest';
import { createTransformersDialect, torchao } from '../src/index.ts';
import { modelOf, parameter, quantizedBy, recipeOf } from './helpers/models.ts';

// `conformance` runs the same vectors through the real torchao and transformers.
interface Vectors {
  readonly configs: Readonly<Record<string, JsonObject>>;
  readonly models: Readonly<Record<string, readonly { name: string; shape: readonly number[]; kind: ModuleKind }[]>>;
  readonly vectors: readonly Vector[];
}

interface Vector {
  readonly name: string;
  readonly model: string;
  readonly recipe: Readonly<Record<string, string | null>>;
  readonly torchao?: Expected;
  readonly transformers?: Expected;
  readonly options?: { modules_to_not_convert?: readonly string[]; include_input_output_embeddings?: boolean };
}

type Expected =
  { readonly quantized: Readonly<Record<string, string>> } | { readonly error: string; readonly at: string };

const { configs, models, vectors } = JSON.parse(
  readFileSync(new URL('vectors.json', import.meta.url), 'utf8'),
) as Vectors;

function read(vector: Vector, dialect: 'torchao' | 'transformers'): Expected {
  const recipe = recipeOf(
    Object.entries(vector.recipe).map(([key, config]) => [key, config === null ? null : (configs[config] ?? null)]),
  );
  const model = modelOf((models[vector.model] ?? []).map(({ name, shape, kind }) => parameter(name, shape, kind)));
  const { modules_to_not_convert: modulesToNotConvert = null, include_input_output_embeddings: include = false } =
    vector.options ?? {};
  const transformers = createTransformersDialect({ modulesToNotConvert, includeInputOutputEmbeddings: include });
  const reading = (dialect === 'torchao' ? torchao : transformers).read(recipe, model);
  if (reading.failure !== null) return { error: reading.failure.error, at: reading.failure.at };
  return { quantized: quantizedBy(reading, model, recipe) };
}

describe.each(['torchao', 'transformers'] as const)('%s reads as the real one', (dialect) => {
  const expected = vectors.flatMap((vector) => {
    const outcome = vector[dialect];
    return outcome === undefined ? [] : [[vector.name, vector, outcome] as const];
  });

  it('has vectors', () => {
    expect(expected.length).toBeGreaterThan(25);
  });

  test.each(expected)('%s', (_, vector, outcome) => {
    expect(read(vector, dialect)).toEqual(outcome);
  });
});
