import {
  createMatcher,
  REGEX_PREFIX,
  sameConfig,
  type DialectHazard,
  type DialectModel,
  type Recipe,
} from '@fewbit/core';
import type { MappedNames } from '../name-spaces/map-names.ts';
import type { VllmParameter } from './layers.ts';
import { regexModuleDifference } from './regex-module.ts';
import type { ModuleVerdict, Resolver } from './resolver.ts';

/** What a reading has found out. */
export interface ReadByVllm {
  readonly recipe: Recipe;
  readonly model: DialectModel;
  readonly mapped: MappedNames;
  readonly parameters: readonly VllmParameter[];
  readonly resolve: Resolver;
  /** The verdicts on the modules that were asked. */
  readonly decided: ReadonlyMap<string, ModuleVerdict>;
  readonly failed: boolean;
}

/** What goes through in vLLM and is likely not what the recipe's writer meant. */
export function hazardsOf(reading: ReadByVllm): readonly DialectHazard[] {
  const unknown = reading.mapped.note;
  return [
    ...(unknown === null ? [] : [{ id: 'names-unknown', message: unknown, at: '', entry: -1 }]),
    ...regexModule(reading),
    ...(reading.failed ? [] : [...fusedParts(reading), ...unseenKeys(reading)]),
  ];
}

function regexModule({ recipe }: ReadByVllm): readonly DialectHazard[] {
  return recipe.entries.flatMap(({ key }, entry) => {
    const difference = key.startsWith(REGEX_PREFIX) ? regexModuleDifference(key.slice(REGEX_PREFIX.length)) : null;
    if (difference === null) return [];
    const message = `vLLM matches with the regex module, which may read this pattern otherwise than re: ${difference}`;
    return [{ id: 'regex-module', message, at: '', entry }];
  });
}

/** Fused modules whose parts the same keys would decide otherwise, if they were asked by name. */
function fusedParts({ recipe, parameters, resolve, decided }: ReadByVllm): readonly DialectHazard[] {
  const parts: Map<string, Set<string>> = new Map();
  for (const { module, part, unreached } of parameters) {
    if (unreached === null && module !== part) parts.set(module, (parts.get(module) ?? new Set()).add(part));
  }
  const hazards: DialectHazard[] = [];
  for (const [module, names] of parts) {
    const verdicts = Array.from(names, (name) => resolve(name));
    const whole = decided.get(module);
    const [first] = verdicts;
    if (whole === undefined || first === undefined) continue;
    const alike = verdicts.every((verdict) => sameFate(recipe, verdict, first));
    if (alike && sameFate(recipe, first, whole)) continue;
    const list = Array.from(names, (name) => name.slice(name.lastIndexOf('.') + 1)).join(', ');
    hazards.push({
      id: alike ? 'fused-name-differs' : 'fused-parts-differ',
      message: alike
        ? `the keys say one thing of ${list} and another of the module that vLLM makes of them`
        : `the keys say different things of ${list}, which are one module in vLLM and get one config`,
      at: `${module}.weight`,
      entry: whole.entry,
    });
  }
  return hazards;
}

function sameFate({ entries }: Recipe, left: ModuleVerdict, right: ModuleVerdict): boolean {
  return left === right || sameConfig(entries[left.entry]?.config ?? null, entries[right.entry]?.config ?? null);
}

/** Keys that would decide about a parameter by its own name, which vLLM never asks about. */
function unseenKeys({ recipe, model, parameters, mapped, decided }: ReadByVllm): readonly DialectHazard[] {
  const deciding = new Set(Array.from(decided.values(), ({ entry }) => entry));
  const idle = recipe.entries.flatMap(({ config }, entry) => (config === null || deciding.has(entry) ? [] : [entry]));
  if (idle.length === 0) return [];
  const matching = createMatcher(recipe, { brokenPatterns: 'raise' }).matchingAmong(idle);
  const found: Map<number, string> = new Map();
  for (const [index, { name }] of model.parameters.entries()) {
    if (found.size === idle.length) break;
    for (const own of new Set([name, mapped.names[index] ?? name])) {
      for (const entry of matching(own)) {
        const module = parameters[index]?.module ?? '';
        if (!found.has(entry) && !matching(module).includes(entry)) found.set(entry, own);
      }
    }
  }
  const message = 'the key matches the names of parameters, and vLLM asks by the names of modules alone';
  return Array.from(found, ([entry, at]) => ({ id: 'parameter-key', message, at, entry }));
}
