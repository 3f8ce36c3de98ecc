import type { PatternOptions } from '../matcher/patterns.ts';
import type { JsonValue } from '../json.ts';
import { quote } from '../quote.ts';
import { stringifyBounded } from './bounded-json.ts';
import type { ConfigRegistry } from './config-json.ts';
import { findEntries } from './entries.ts';
import { sameEntries } from './equal.ts';
import { readJsonText } from './json-text.ts';
import { forEachPatternProblem } from './pattern-problems.ts';
import { createProblemList } from './problem-list.ts';
import { recipeError } from './problem.ts';
import { createEntryReader, type EntryPlace } from './read-entries.ts';
import type { Recipe } from './recipe.ts';
import { warningsOf, type RecipeWarning } from './warnings.ts';

/** Options of `parseRecipe`. */
export interface ParseRecipeOptions extends PatternOptions {
  /**
   * `refuse` (default): a `re:` key that is no valid pattern, or one that is not supported, is a problem of the recipe.
   * `keep`: it is kept; give it to a matcher made with `brokenPatterns: 'raise'`.
   */
  readonly brokenPatterns?: 'refuse' | 'keep';
}

/** A recipe, where its entries stand in the text, and what a person should know about it. */
export interface ParsedRecipe {
  readonly recipe: Recipe;
  readonly warnings: readonly RecipeWarning[];
  /** For each entry its place in the text. */
  readonly places: readonly EntryPlace[];
  /** The places of the second of torchao's two maps, in its own order; null when the entries are written once. */
  readonly repeatedPlaces: readonly EntryPlace[] | null;
}

/**
 * Reads a recipe from JSON text, keeping the order of its keys.
 *
 * Takes torchao's `FqnToConfig` (also under its older names `ModuleFqnToConfig` and `AOPerModuleConfig`), a
 * `config.json` or `quantization_config` that holds one, and the short form `{"key": config or null}`, whose configs
 * may be short (`{"type": "Int4WeightOnlyConfig", "group_size": 32}`) or torchao's envelopes. Where torchao's two maps
 * are both written they have to hold the same, in any order; the order of `fqn_to_config` counts.
 *
 * The text may come from anywhere: size, depth and number of values are bounded.
 *
 * @throws InvalidRecipeError with all `problems` at once, each with its key, line and column; those of a config carry
 * the config type's own error as `cause`.
 */
export function parseRecipe(text: string, registry: ConfigRegistry, options: ParseRecipeOptions = {}): ParsedRecipe {
  const problems = createProblemList();
  const json = readJsonText(text, problems);
  const found = findEntries(json, problems);
  if (found === null) throw recipeError(problems.all);
  const readEntries = createEntryReader(json, registry, problems);
  const read = readEntries(found.entries);
  const { recipe } = read;
  if (options.brokenPatterns !== 'keep') {
    forEachPatternProblem(recipe, options, ({ entry, ...problem }) => {
      problems.add({ ...problem, position: read.positionOf(entry) });
    });
  }
  // With a config unread there is nothing to compare.
  const repeated = found.repeated === null || problems.all.length > 0 ? null : readEntries(found.repeated);
  if (found.repeated !== null && repeated !== null && problems.all.length === 0) {
    const problem = differentMaps(recipe, repeated.recipe);
    if (problem !== null) problems.add({ ...problem, key: null, position: json.positionAt(found.repeated.start) });
  }
  if (problems.all.length > 0) throw recipeError(problems.all);
  return {
    recipe,
    warnings: warningsOf(json, found, read, repeated),
    get places() {
      return read.places();
    },
    get repeatedPlaces() {
      return repeated?.places() ?? null;
    },
  };
}

/**
 * Reads a recipe from JSON that is parsed already, such as the one that a plan carries. Prefer `parseRecipe` for text:
 * a JavaScript value has lost duplicate keys, and the place of keys like "0".
 *
 * @throws InvalidRecipeError as `parseRecipe`; lines and columns are those of `JSON.stringify(value, null, 1)`.
 */
export function recipeFromJson(
  value: JsonValue,
  registry: ConfigRegistry,
  options: ParseRecipeOptions = {},
): ParsedRecipe {
  return parseRecipe(stringifyBounded(value), registry, options);
}

/** torchao refuses two maps that are not equal; equal means the same keys and configs, in any order. */
function differentMaps(recipe: Recipe, repeated: Recipe): { readonly message: string; readonly hint: string } | null {
  if (sameEntries(recipe, repeated)) return null;
  return {
    message: `"fqn_to_config" and "module_fqn_to_config" hold different entries${differingKey(recipe, repeated)}`,
    hint: 'torchao refuses that too. Remove the older "module_fqn_to_config".',
  };
}

function differingKey(left: Recipe, right: Recipe): string {
  const theirs = new Map(right.entries.map((entry) => [entry.key, entry]));
  const ours = new Map(left.entries.map((entry) => [entry.key, entry]));
  const differing = [...ours.keys(), ...theirs.keys()].find((key) => {
    const [a, b] = [ours.get(key), theirs.get(key)];
    return a === undefined || b === undefined || !sameEntries({ entries: [a] }, { entries: [b] });
  });
  return differing === undefined ? '' : `: they differ in ${quote(differing)}`;
}
