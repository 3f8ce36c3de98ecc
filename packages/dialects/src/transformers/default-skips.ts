import {
  embeddingNames,
  tiedEmbeddings,
  type DialectModel,
  type ParameterInfo,
  type TiedEmbeddings,
} from '@fewbit/core';
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
  const inMemory: DialectModel = { ...model, parameters: parameters.map(({ info }) => info) };
  const stored = model.parameters.map(({ name }) => name);
  const nameOf = options.inMemoryName ?? ((name: string) => name);
  const pair = embeddingNames(model.config, stored);
  const tied = renamedPair(tiedEmbeddings(model.config, stored), nameOf);
  const hasHead = pair !== null && (tied !== null || stored.includes(pair.output));
  const inputEmbedding = pair === null ? null : withoutWeight(nameOf(pair.input));
  const outputEmbedding = hasHead ? withoutWeight(nameOf(pair.output)) : null;
  const given = options.modulesToNotConvert ?? null;
  const skips = new Set(given ?? defaultSkips(inMemory, tiedTwin(model), tied, outputEmbedding));
  for (const name of options.keepInFp32Modules ?? keptInFp32(model.config)) skips.add(name);
  if (options.includeInputOutputEmbeddings === true) {
    if (inputEmbedding !== null) skips.delete(inputEmbedding);
    if (outputEmbedding !== null) skips.delete(outputEmbedding);
  }
  return { inputEmbedding, outputEmbedding, tied, skips: [...skips] };
}

function renamedPair(pair: TiedEmbeddings | null, nameOf: (name: string) => string): TiedEmbeddings | null {
  return pair === null ? null : { ...pair, input: nameOf(pair.input), output: nameOf(pair.output) };
}

/** Tied weights, the module of the last parameter, the output embeddings. */
function defaultSkips(
  model: DialectModel,
  twin: ParameterInfo | null,
  tied: TiedEmbeddings | null,
  outputEmbedding: string | null,
): readonly string[] {
  const last = lastParameter(model, twin);
  return [
    ...(tied === null ? [] : [withoutWeight(tied.input), withoutWeight(tied.output)]),
    ...(last === null ? [] : [withoutWeight(last)]),
    ...(outputEmbedding === null ? [] : [outputEmbedding]),
  ];
}

function lastParameter(model: DialectModel, twin: ParameterInfo | null): string | null {
  const last = modulesOf(model, twin === null ? [] : [twin]).findLast(({ own }) =>
    own.some(({ info }) => info.kind !== 'buffer'),
  );
  return last?.own.findLast(({ info }) => info.kind !== 'buffer')?.info.name ?? null;
}

function withoutWeight(name: string): string {
  return name.endsWith('.weight') ? name.slice(0, -'.weight'.length) : name;
}
