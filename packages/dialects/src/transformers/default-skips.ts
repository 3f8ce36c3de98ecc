import { embeddingNames, tiedEmbeddings, type DialectModel, type TiedEmbeddings } from '@fewbit/core';
import { modulesOf } from '../model/module-tree.ts';
import { tiedTwin } from '../model/tied-twin.ts';
import type { InMemoryParameter } from './in-memory.ts';
import { keptInFp32 } from './keep-in-fp32.ts';
import type { TransformersOptions } from './options.ts';

/** What transformers knows about a model before it loads a weight. */
export interface Facts {
  /** Modules; null where the names tell nothing. */
  readonly inputEmbedding: string | null;
  readonly outputEmbedding: string | null;
  readonly tied: TiedEmbeddings | null;
  /** `modules_to_not_convert` as it is used. */
  readonly skips: readonly string[];
}

export function factsOf(
  model: DialectModel,
  parameters: readonly InMemoryParameter[],
  options: TransformersOptions,
): Facts {
  const names = parameters.map(({ info }) => info.name);
  const inMemory: DialectModel = { ...model, parameters: parameters.map(({ info }) => info) };
  const pair = embeddingNames(model.config, names);
  const tied = tiedEmbeddings(model.config, names);
  const hasHead = pair !== null && (tied !== null || names.includes(pair.output));
  const inputEmbedding = pair === null ? null : withoutWeight(pair.input);
  const outputEmbedding = hasHead ? withoutWeight(pair.output) : null;
  const given = options.modulesToNotConvert ?? null;
  const skips = new Set(given ?? defaultSkips(inMemory, tied, outputEmbedding));
  for (const name of options.keepInFp32Modules ?? keptInFp32(model.config)) skips.add(name);
  if (options.includeInputOutputEmbeddings === true) {
    if (inputEmbedding !== null) skips.delete(inputEmbedding);
    if (outputEmbedding !== null) skips.delete(outputEmbedding);
  }
  return { inputEmbedding, outputEmbedding, tied, skips: [...skips] };
}

/** Tied weights, the module of the last parameter, the output embeddings. */
function defaultSkips(
  model: DialectModel,
  tied: TiedEmbeddings | null,
  outputEmbedding: string | null,
): readonly string[] {
  const last = lastParameter(model);
  return [
    ...(tied === null ? [] : [withoutWeight(tied.input), withoutWeight(tied.output)]),
    ...(last === null ? [] : [withoutWeight(last)]),
    ...(outputEmbedding === null ? [] : [outputEmbedding]),
  ];
}

function lastParameter(model: DialectModel): string | null {
  const twin = tiedTwin(model);
  const last = modulesOf(model, twin === null ? [] : [twin]).findLast(({ own }) =>
    own.some(({ info }) => info.kind !== 'buffer'),
  );
  return last?.own.findLast(({ info }) => info.kind !== 'buffer')?.info.name ?? null;
}

function withoutWeight(name: string): string {
  return name.endsWith('.weight') ? name.slice(0, -'.weight'.length) : name;
}
