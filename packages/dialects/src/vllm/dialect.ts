import type { Dialect, DialectFailure, DialectModel, DialectReading, DialectVerdict, Recipe } from '@fewbit/core';
import { PythonReError } from '@fewbit/python-re';
import { prepareApplications } from '../handlers/applications.ts';
import type { Application } from '../handlers/handler.ts';
import { createVerdicts, type Verdicts } from '../reading/verdicts.ts';
import { modelTypeOf } from '../name-spaces/model-type.ts';
import { mapNames } from '../name-spaces/map-names.ts';
import type { NameSpaceTable } from '../name-spaces/table.ts';
import { hazardsOf } from './hazards.ts';
import { vllmParameters, type VllmParameter } from './layers.ts';
import { createResolver, type ModuleVerdict, type Resolver } from './resolver.ts';

export interface VllmOptions {
  /** Names of modules to skip. Default: `quantization_config.modules_to_not_convert` of the model's config, where there is one. */
  readonly modulesToNotConvert?: readonly string[];
  /** Default: `defaultNameSpaceTable`. */
  readonly table?: NameSpaceTable;
}

/**
 * How vLLM reads a recipe (its `TorchAOConfig`, read in the sources of 2026, not run).
 *
 * It asks once for each of its linear layers, by the layer's own name, in which q, k and v are one `qkv_proj`: the skip list,
 * the exact key, the first `re:` key in the order of the file, `_default`. Keys of parameters are never asked. The recipe is
 * read in the order given; a `config.json` saved by transformers has its keys sorted, which `sortRecipe` shows.
 *
 * vLLM matches with the third-party `regex` module. We match as `re` does, and a hazard says where a pattern may differ.
 */
export function createVllmDialect(options: VllmOptions = {}): Dialect {
  return {
    name: 'vllm',
    title: 'vLLM, as its sources of 2026 say',
    space: 'vllm',
    read: (recipe, model) => readAsVllm(recipe, model, options),
  };
}

function readAsVllm(recipe: Recipe, model: DialectModel, options: VllmOptions): DialectReading {
  const mapped = mapNames(model.parameters, 'vllm', modelTypeOf(model.config), options.table);
  const parameters = vllmParameters(model.parameters, mapped);
  let resolver: Resolver;
  try {
    resolver = createResolver(recipe, options.modulesToNotConvert ?? notConvertedIn(model));
  } catch (error) {
    const failure = failureOf(error, '', []);
    return { verdicts: parameters.map(() => ENDED), failure, hazards: [] };
  }
  const words = createWords();
  const applications = prepareApplications(recipe);
  const verdicts: DialectVerdict[] = [];
  const decided: Map<string, ModuleVerdict> = new Map();
  let failure: DialectFailure | null = null;
  for (const [index, info] of model.parameters.entries()) {
    const parameter = parameters[index];
    if (failure !== null || parameter === undefined) {
      verdicts.push(ENDED);
      continue;
    }
    if (parameter.unreached !== null) {
      verdicts.push(words.plain(-1, parameter.unreached));
      continue;
    }
    try {
      const verdict = decided.get(parameter.module) ?? resolver.resolve(parameter.module);
      decided.set(parameter.module, verdict);
      const application = quantizes(verdict, recipe) ? applications.apply(verdict.entry, info) : null;
      if (application?.outcome === 'raised') {
        const { error, reason } = application;
        failure = {
          error,
          message: `the config refuses it: ${reason}`,
          at: parameter.module,
          entries: [verdict.entry],
        };
        verdicts.push(ENDED);
      } else verdicts.push(words.asked(verdict, parameter, application));
    } catch (error) {
      failure = failureOf(error, parameter.module, resolver.regexEntries);
      verdicts.push(ENDED);
    }
  }
  const hazards = hazardsOf({ recipe, model, mapped, parameters, resolver, decided, failed: failure !== null });
  return { verdicts, failure, hazards };
}

const ENDED: DialectVerdict = { outcome: 'plain', entry: -1, because: 'vLLM raises an error before it comes here' };

function failureOf(error: unknown, at: string, regexEntries: readonly number[]): DialectFailure {
  if (!(error instanceof PythonReError)) throw error;
  const entry = error.index === undefined ? undefined : regexEntries[error.index];
  const raised = error.code === 'PYTHON_RE_INVALID';
  const reason = error.message.replace(/\.$/, '');
  return {
    error: raised ? 'error' : error.name,
    message: raised
      ? `the pattern is not valid: ${reason}`
      : `fewbit cannot tell what the pattern matches, so it cannot go on: ${reason}`,
    at,
    entries: entry === undefined ? [] : [entry],
  };
}

function quantizes({ by, entry }: ModuleVerdict, { entries }: Recipe): boolean {
  return (by === 'exact' || by === 'regex' || by === 'default') && entries[entry]?.config !== null;
}

interface Words extends Pick<Verdicts, 'plain'> {
  readonly asked: (verdict: ModuleVerdict, parameter: VllmParameter, application: Application | null) => DialectVerdict;
}

function createWords(): Words {
  const { config, plain } = createVerdicts();
  return {
    plain,
    asked: ({ by, entry }, { module, part }, application) => {
      const because = REASONS[by](module === part ? 'the module' : `the fused module ${lastOf(module)}`);
      if (application === null) return plain(entry, because);
      if (application.outcome === 'quantized') return config(entry, because);
      return plain(entry, `${because}; its config leaves it as it is: ${application.reason}`);
    },
  };
}

const REASONS: Readonly<Record<ModuleVerdict['by'], (name: string) => string>> = {
  listed: (name) => `modules_to_not_convert lists ${name}, or components of its name`,
  null: (name) => `the key is null, and vLLM skips ${name} since it has the key as whole components of its name`,
  'null-parts': (name) => `the keys of its parts are null, and so vLLM skips ${name}`,
  exact: (name) => `the exact key of ${name}`,
  regex: (name) => `the first regular expression that matches ${name}`,
  default: (name) => `_default, since no key matches ${name}`,
  none: (name) => `no key matches ${name}`,
};

function notConvertedIn({ config }: DialectModel): readonly string[] {
  const quantization =
    config !== null && Object.hasOwn(config, 'quantization_config') ? config.quantization_config : null;
  if (typeof quantization !== 'object' || quantization === null || !('modules_to_not_convert' in quantization))
    return [];
  const names: unknown = quantization.modules_to_not_convert;
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
