import {
  createMatcher,
  FewbitError,
  REGEX_PREFIX,
  sortRecipe,
  type Dialect,
  type DialectModel,
  type Matcher,
  type Recipe,
} from '@fewbit/core';
import { modulesOf } from '../model/module-tree.ts';
import { mapNames } from '../name-spaces/map-names.ts';
import { modelTypeOf } from '../name-spaces/model-type.ts';
import type { NameSpace, NameSpaceTable } from '../name-spaces/table.ts';
import { PLAIN, type ConfigNumbers, type FateNumber } from './fates.ts';

/** The recipe as transformers saves it, with its keys sorted; null where that can change no reading. */
export function sortedIfItMatters(
  recipe: Recipe,
  model: DialectModel,
  dialects: readonly Dialect[],
  numbers: ConfigNumbers,
  table: NameSpaceTable | undefined,
): Recipe | null {
  const sorted = sortRecipe(recipe);
  if (sameOrderOfPatterns(recipe, sorted)) return null;
  const spaces = new Set(dialects.map(({ space = 'checkpoint' }) => space));
  // A dialect with names that we do not know has to be asked.
  if (![...spaces].every(isSpace)) return sorted;
  const fates = recipe.entries.map(({ config }) => (config === null ? PLAIN : numbers.numberOf(config)));
  try {
    const matcher = createMatcher(recipe, { brokenPatterns: 'raise' });
    if (matcher.broken.size > 0) return sorted;
    // torchao fails on a module that a config reaches and that has no weight; a null before it keeps the config away.
    const modules = modulesOf(model).map(({ fqn }) => fqn);
    if (modules.some((fqn) => differ(patternsAmong(matcher, fqn), fates))) return sorted;
    for (const space of [...spaces].filter(isSpace)) {
      const { names } = mapNames(model.parameters, space, modelTypeOf(model.config), table);
      if (contended(names, matcher, fates)) return sorted;
    }
  } catch (error) {
    // A pattern that cannot be decided on a name.
    if (!FewbitError.isInstance(error)) throw error;
    return sorted;
  }
  return null;
}

/** Exact keys and `_default` are looked up, so only the order of patterns can matter. */
function sameOrderOfPatterns(left: Recipe, right: Recipe): boolean {
  const patterns = (recipe: Recipe): readonly string[] =>
    recipe.entries.flatMap(({ key }) => (key.startsWith(REGEX_PREFIX) ? [key] : []));
  const other = patterns(right);
  return patterns(left).every((key, place) => key === other[place]);
}

/** Whether patterns that say different things match one parameter, by its own name or its module's. */
function contended(names: readonly string[], matcher: Matcher, fates: readonly FateNumber[]): boolean {
  let [module, ofModule]: [string | null, readonly number[]] = [null, []];
  for (const name of names) {
    const owner = name.slice(0, Math.max(0, name.lastIndexOf('.')));
    if (owner !== module) [module, ofModule] = [owner, patternsAmong(matcher, owner)];
    if (differ([...patternsAmong(matcher, name), ...ofModule], fates)) return true;
  }
  return false;
}

function patternsAmong(matcher: Matcher, name: string): readonly number[] {
  return matcher.matching(name).filter((entry) => matcher.entries[entry]?.key.startsWith(REGEX_PREFIX));
}

function differ(entries: readonly number[], fates: readonly FateNumber[]): boolean {
  return entries.some((entry) => fates[entry] !== fates[entries[0] ?? -1]);
}

function isSpace(space: string): space is NameSpace {
  return space === 'checkpoint' || space === 'transformers' || space === 'vllm';
}
