import type {
  Dialect,
  DialectFailure,
  DialectHazard,
  DialectModel,
  DialectReading,
  DialectVerdict,
  Recipe,
} from '@fewbit/core';
import { prepareApplications } from '../handlers/applications.ts';
import { hazardOf } from '../reading/hazards.ts';
import { readKeys } from '../reading/keys.ts';
import { readOrRefuse } from '../reading/refused.ts';
import { BUFFER, createVerdicts, NO_KEY } from '../reading/verdicts.ts';
import { convert, createBiasFinder } from './convert.ts';
import { factsOf } from './default-skips.ts';
import { createGates, type Rule } from './gates.ts';
import { inMemoryParameters, type InMemoryParameter } from './in-memory.ts';
import { compareNaturally } from './natural-order.ts';
import type { TransformersOptions } from './options.ts';
import { createSkipList } from './skip-list.ts';
import { COPIED_HEAD, tiedOutcome } from './tied.ts';

export type { TransformersOptions } from './options.ts';

/**
 * `from_pretrained(…, quantization_config=TorchAoConfig(recipe, …))` of transformers 5.23.0: quantizing while it loads a
 * plain checkpoint. Loading one that is quantized already looks at no recipe.
 *
 * A config that raises on a tensor does not end the job at once: transformers goes on and raises RuntimeError at the end.
 */
export function createTransformersDialect(options: TransformersOptions = {}): Dialect {
  const version = options.version ?? '5.23';
  return {
    name: 'transformers',
    title: `transformers ${version}`,
    read: (recipe, model) => readOrRefuse(model, () => readWhileLoading(recipe, model, options)),
  };
}

/** transformers with TorchAoConfig's own defaults, names in memory as in the checkpoint. */
export const transformers: Dialect = createTransformersDialect();

const WORDS: Readonly<Record<Rule, string>> = {
  parameter: 'exact key of the parameter',
  module: 'exact key of the module, which speaks for all of its parameters',
  regex: 'first regular expression in the order written that matches the name of the parameter or of the module',
  default: 'default for all parameters of linear modules',
};

function readWhileLoading(recipe: Recipe, model: DialectModel, options: TransformersOptions): DialectReading {
  const parameters = inMemoryParameters(model, options.inMemoryName);
  const facts = factsOf(model, parameters, options);
  const skips = createSkipList(facts.skips, options.version ?? '5.23');
  const keys = readKeys(recipe);
  const applications = prepareApplications(recipe);
  const gates = createGates(keys, options.includeInputOutputEmbeddings === true);
  const hasBias = createBiasFinder(parameters);
  const verdicts = createVerdicts();
  const list: DialectVerdict[] = [];
  const hazards: DialectHazard[] = [];
  const first = createFirst();
  const quantized: Set<string> = new Set();
  const skipped = new Map(
    facts.skips.map((member) => [member, `modules_to_not_convert holds ${JSON.stringify(member)}, which matches it`]),
  );

  for (const parameter of parameters) {
    const verdict = read(parameter);
    for (const index of parameter.sources) list[index] = verdict;
  }
  overwriteHead();
  const tied = tiedOutcome(facts, quantized, options);
  hazards.push(...tied.hazards);
  return { verdicts: list, failure: first.failure() ?? tied.failure, hazards };

  // The head is loaded before the embeddings whose copy then takes its place.
  function overwriteHead(): void {
    const { inputEmbedding, tied: pair } = facts;
    if (options.untieEmbeddingWeights !== true || pair !== null || inputEmbedding === null) return;
    if (!quantized.has(`${inputEmbedding}.weight`)) return;
    const head = parameters.find(({ info }) => info.name === COPIED_HEAD);
    for (const index of head?.sources ?? [])
      list[index] = verdicts.plain(-1, 'a copy of the token embeddings takes its place');
    quantized.delete(COPIED_HEAD);
  }

  function read({ info, sources }: InMemoryParameter): DialectVerdict {
    if (info.kind === 'buffer' && !isKeptBuffer(info.parameter)) return verdicts.plain(-1, BUFFER);
    const source = model.parameters[sources[0] ?? -1]?.name ?? info.name;
    const skip = skips(info.name);
    if (skip.skipped === true) return verdicts.plain(-1, skipped.get(skip.by) ?? '');
    if (skip.skipped === 'raises') {
      const message = `modules_to_not_convert holds ${JSON.stringify(skip.by)}, a pattern that cannot be used: ${skip.error.message}`;
      first.atGates(source, { error: 're.error', message, at: info.name, entries: [] });
      return verdicts.plain(-1, 'transformers raises when it comes to its name');
    }
    const passage = gates(info);
    if (passage.kind === 'none') return verdicts.plain(-1, NO_KEY);
    if (passage.kind === 'raises') {
      first.atGates(source, passage.failure);
      return verdicts.plain(passage.failure.entries[0] ?? -1, 'transformers raises when it comes to its name');
    }
    const { entry, rule } = passage;
    if (applications.handler(entry) === null) {
      if (info.kind === 'buffer') first.atBuffer(source, { ...BUFFER_FAILURE, at: info.name, entries: [entry] });
      return verdicts.plain(entry, `null from the ${WORDS[rule]}`);
    }
    const outcome = convert(info, entry, applications, hasBias);
    if (outcome.outcome === 'left') return verdicts.plain(entry, outcome.reason);
    if (outcome.outcome === 'raised') {
      const message = `${outcome.error} on this tensor: ${outcome.reason}`;
      first.atConversion(source, { error: 'RuntimeError', message, at: info.name, entries: [entry] });
      return verdicts.plain(entry, `its config raises ${outcome.error}: ${outcome.reason}`);
    }
    quantized.add(info.name);
    const hazard = hazardOf(info, outcome.tensorClass);
    if (hazard !== null) hazards.push({ ...hazard, at: info.name, entry });
    return verdicts.config(entry, `${WORDS[rule]} decides`);
  }
}

// Buffers that models save with their weights. Others in a checkpoint are leftovers of older versions, which nothing loads.
const KEPT_BUFFERS: ReadonlySet<string> = new Set([
  'e_score_correction_bias',
  'running_mean',
  'running_var',
  'num_batches_tracked',
]);

function isKeptBuffer(parameter: string): boolean {
  return KEPT_BUFFERS.has(parameter);
}

const BUFFER_FAILURE = {
  error: 'TypeError',
  message:
    'transformers makes a parameter of each tensor that a key reaches, and cannot put a plain buffer in its place',
};

type Remember = (source: string, failure: DialectFailure) => void;

/**
 * Remembers the failure that ends the job. All names pass the gates before the first tensor is converted; a buffer ends the
 * loop over tensors at once; what configs raise comes up after it.
 */
function createFirst(): {
  readonly atGates: Remember;
  readonly atBuffer: Remember;
  readonly atConversion: Remember;
  readonly failure: () => DialectFailure | null;
} {
  const stages = [createEarliest(), createEarliest(), createEarliest()] as const;
  const [gates, buffer, conversion] = stages;
  return {
    atGates: gates.remember,
    atBuffer: buffer.remember,
    atConversion: conversion.remember,
    failure: () => gates.failure() ?? buffer.failure() ?? conversion.failure(),
  };
}

/** Of several failures the one whose tensor is loaded first. */
function createEarliest(): { readonly remember: Remember; readonly failure: () => DialectFailure | null } {
  let known: { readonly source: string; readonly failure: DialectFailure } | null = null;
  return {
    remember: (source, failure) => {
      if (known === null || compareNaturally(source, known.source) < 0) known = { source, failure };
    },
    failure: () => known?.failure ?? null,
  };
}
