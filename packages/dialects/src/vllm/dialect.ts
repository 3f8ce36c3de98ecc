import type {
  Dialect,
  DialectFailure,
  DialectModel,
  DialectReading,
  DialectVerdict,
  ParameterInfo,
  Recipe,
} from '@fewbit/core';
import { prepareApplications } from '../handlers/applications.ts';
import type { Application } from '../handlers/handler.ts';
import { mapNames } from '../name-spaces/map-names.ts';
import { modelTypeOf } from '../name-spaces/model-type.ts';
import type { NameSpaceTable } from '../name-spaces/table.ts';
import { readKeys } from '../reading/keys.ts';
import { patternFailure } from '../reading/pattern-error.ts';
import { readOrRefuse } from '../reading/refused.ts';
import { createVerdicts, type Verdicts } from '../reading/verdicts.ts';
import { hazardsOf } from './hazards.ts';
import { vllmParameters, type VllmParameter } from './layers.ts';
import { createResolver, type ModuleVerdict } from './resolver.ts';

export interface VllmOptions {
  /** Names of modules to skip. Default: `quantization_config.modules_to_not_convert` of the model's config, where there is one. */
  readonly modulesToNotConvert?: readonly string[];
  /** Default: `defaultNameSpaceTable`. */
  readonly table?: NameSpaceTable;
}

/**
 * How vLLM reads a recipe: its `TorchAOConfig`, version 0.33.0.
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
    title: 'vLLM 0.33.0',
    space: 'vllm',
    read: (recipe, model) => readOrRefuse(model, () => readAsVllm(recipe, model, options)),
  };
}

function readAsVllm(recipe: Recipe, model: DialectModel, options: VllmOptions): DialectReading {
  const mapped = mapNames(model.parameters, 'vllm', modelTypeOf(model.config), options.table);
  const parameters = vllmParameters(model.parameters, mapped);
  const keys = readKeys(recipe);
  const resolve = createResolver(recipe, keys, options.modulesToNotConvert ?? notConvertedIn(model));
  const applications = prepareApplications(recipe);
  const words = createWords();
  const decided: Map<string, ModuleVerdict> = new Map();
  // The first ends the load.
  const failures: DialectFailure[] = [];

  function read({ module, part, unreached }: VllmParameter, info: ParameterInfo): DialectVerdict {
    if (unreached !== null) return words.plain(-1, unreached);
    const verdict = decided.get(module) ?? resolve(module);
    const { by, entry } = verdict;
    if (by === 'broken') {
      // The regex module's own class, whichever the error of re is.
      failures.push({ ...patternFailure(entry, keys.broken.get(entry), module), error: 'regex.error' });
      return ENDED;
    }
    decided.set(module, verdict);
    const asked = { by, entry, fused: module === part ? null : lastOf(module) };
    if (recipe.entries[entry]?.config == null || !QUANTIZING.has(by)) return words.asked(asked, null);
    const application = applications.apply(entry, info);
    if (application.outcome !== 'raised') return words.asked(asked, application);
    const { error, reason } = application;
    failures.push({ error, message: `the config refuses it: ${reason}`, at: module, entries: [entry] });
    return ENDED;
  }

  const verdicts = model.parameters.map((info, index) => {
    const parameter = parameters[index];
    return failures.length > 0 || parameter === undefined ? ENDED : read(parameter, info);
  });
  const [failure = null] = failures;
  const hazards = hazardsOf({ recipe, model, mapped, parameters, resolve, decided, failed: failure !== null });
  return { verdicts, failure, hazards };
}

const QUANTIZING: ReadonlySet<ModuleVerdict['by']> = new Set(['exact', 'regex', 'default']);

const ENDED: DialectVerdict = { outcome: 'plain', entry: -1, because: 'vLLM raises an error before it comes here' };

interface Words extends Pick<Verdicts, 'plain'> {
  readonly asked: (asked: Asked, application: Application | null) => DialectVerdict;
}

interface Asked extends ModuleVerdict {
  /** The fused module's own name; null when no module was fused. */
  readonly fused: string | null;
}

function createWords(): Words {
  const { config, plain } = createVerdicts();
  return {
    plain,
    asked: ({ by, entry, fused }, application) => {
      const because = REASONS[by](fused === null ? 'the module' : `the fused module ${fused}`);
      if (application === null || application.outcome === 'raised') return plain(entry, because);
      if (application.outcome === 'quantized') return config(entry, because);
      return plain(entry, `${because}; its config leaves it as it is: ${application.reason}`);
    },
  };
}

const REASONS: Readonly<Record<ModuleVerdict['by'], (name: string) => string>> = {
  listed: (name) => `modules_to_not_convert lists ${name}, or components of its name`,
  null: (name) => `the key is null, and vLLM skips ${name} since it has the key as whole components of its name`,
  exact: (name) => `the exact key of ${name}`,
  regex: (name) => `the first regular expression that matches ${name}`,
  broken: (name) => `a pattern that cannot be used, asked about ${name}`,
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
