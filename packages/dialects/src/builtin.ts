import type { Dialect } from '@fewbit/core';
import { documented } from './documented/index.ts';
import { mapNames } from './name-spaces/map-names.ts';
import { modelTypeOf } from './name-spaces/model-type.ts';
import type { NameSpaceTable } from './name-spaces/table.ts';
import { torchao } from './torchao/index.ts';
import { createTransformersDialect, type TransformersOptions } from './transformers/index.ts';
import { createVllmDialect } from './vllm/dialect.ts';

export interface BuiltinDialectOptions {
  /** What a user passes to `TorchAoConfig`; the list of skipped modules holds for vLLM too, which finds it in `config.json`. */
  readonly transformers?: Omit<TransformersOptions, 'inMemoryName'>;
  /** Default: `defaultNameSpaceTable`. */
  readonly table?: NameSpaceTable;
}

/**
 * All dialects of this package, the documented one first. transformers and vLLM read with the names that they give to a
 * model of the checkpoint's family.
 */
export function createBuiltinDialects({ transformers = {}, table }: BuiltinDialectOptions = {}): readonly Dialect[] {
  const notConverted = transformers.modulesToNotConvert ?? null;
  return [
    documented,
    torchao,
    inMemory(transformers, table),
    createVllmDialect({
      ...(table && { table }),
      ...(notConverted && { modulesToNotConvert: notConverted }),
    }),
  ];
}

/** transformers, with the names that a checkpoint's tensors have in the model. */
function inMemory(options: TransformersOptions, table: NameSpaceTable | undefined): Dialect {
  const { name, title } = createTransformersDialect(options);
  return {
    name,
    title,
    space: 'transformers',
    read: (recipe, model) => {
      const { parameters, config } = model;
      const { names, note } = mapNames(parameters, 'transformers', modelTypeOf(config), table);
      const known = new Map(parameters.map((parameter, index) => [parameter.name, names[index] ?? parameter.name]));
      const inMemoryName = (stored: string): string => known.get(stored) ?? stored;
      const reading = createTransformersDialect({ ...options, inMemoryName }).read(recipe, model);
      if (note === null) return reading;
      return { ...reading, hazards: [...reading.hazards, { id: 'names-unknown', message: note, at: '', entry: -1 }] };
    },
  };
}
