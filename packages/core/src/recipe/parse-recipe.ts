import type { Config } from '../contracts/config-type.ts';
import { FewbitError, InvalidRecipeError } from '../errors.ts';
import { brokenKey, indexKeys } from '../matcher/key-index.ts';
import type { PatternOptions } from '../matcher/patterns.ts';
import type { JsonValue } from '../json.ts';
import { quote } from '../quote.ts';
import { parseConfig, type ConfigRegistry } from './config-json.ts';
import { findEntries } from './entries.ts';
import { sameEntries, sameJson } from './equal.ts';
import { stringifyBounded } from './json-bounds.ts';
import { readJsonText, toJsonValue, type JsonObjectNode } from './json-text.ts';
import { recipeError } from './problem.ts';
import type { RecipeProblem } from './recipe-problem.ts';
import type { Recipe, RecipeEntry } from './recipe.ts';
import { warningsOf, type RecipeWarning } from './warnings.ts';

/** Options of `parseRecipe`. */
export interface ParseRecipeOptions extends PatternOptions {
  /**
   * `refuse` (default): a `re:` key that is no valid pattern, or one that is not supported, is a problem of the recipe.
   * `keep`: it is kept; give it to a matcher made with `brokenPatterns: 'raise'`.
   */
  readonly brokenPatterns?: 'refuse' | 'keep';
}

/** A recipe and what a person should know about it. */
export interface ParsedRecipe {
  readonly recipe: Recipe;
  readonly warnings: readonly RecipeWarning[];
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
  const problems: RecipeProblem[] = [];
  const root = readJsonText(text, problems);
  const found = findEntries(root, problems);
  if (found === null) throw recipeError(problems);
  const { entries, repeated } = found;
  const recipe = readEntries(entries, registry, problems);
  if (options.brokenPatterns !== 'keep') checkPatterns(recipe, entries, options, problems);
  if (repeated !== null) compareMaps(recipe, entries, repeated, registry, problems);
  if (problems.length > 0) throw recipeError(problems);
  return { recipe, warnings: warningsOf(recipe, found) };
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

function readEntries(node: JsonObjectNode, registry: ConfigRegistry, problems: RecipeProblem[]): Recipe {
  const entries: RecipeEntry[] = [];
  for (const [key, { position, value }] of node.members) {
    const where = `key ${quote(key)} at ${position.line}:${position.column}`;
    try {
      entries.push({ key, config: readConfig(toJsonValue(value), registry, where) });
    } catch (error) {
      // Anything else is a fault in a config type, not in the recipe.
      if (!FewbitError.isInstance(error)) throw error;
      problems.push({ ...wordsOf(error, where), key, position, cause: error });
    }
  }
  return { entries };
}

function readConfig(value: JsonValue, registry: ConfigRegistry, where: string): Config | null {
  return value === null ? null : parseConfig(value, registry, where);
}

/** A config's error without the place, which the problem's line says already; what is left of it is the field. */
function wordsOf({ details }: FewbitError, where: string): Pick<RecipeProblem, 'message' | 'hint'> {
  const { message, allowed, hint, where: place = '' } = details;
  const field = place.startsWith(where) ? place.slice(where.length).replace(/^\./, '') : place;
  const subject = field === '' ? '' : `${field}: `;
  const expected = allowed === undefined ? '' : `; expected ${allowed}`;
  return { message: `${subject}${message}${expected}`, ...(hint !== undefined && { hint }) };
}

function checkPatterns(
  { entries }: Recipe,
  node: JsonObjectNode,
  options: PatternOptions,
  problems: RecipeProblem[],
): void {
  const place = (key: string): RecipeProblem['position'] => node.members.get(key)?.position ?? null;
  try {
    for (const [entry, error] of indexKeys(entries, options).broken) {
      const key = entries[entry]?.key ?? '';
      problems.push(brokenKey(key, error, place(key)));
    }
  } catch (error) {
    if (!(error instanceof InvalidRecipeError)) throw error;
    for (const problem of error.problems) problems.push({ ...problem, position: place(problem.key ?? '') });
  }
}

function compareMaps(
  recipe: Recipe,
  entries: JsonObjectNode,
  repeated: JsonObjectNode,
  registry: ConfigRegistry,
  problems: RecipeProblem[],
): void {
  // The usual case, and the only one that needs no second set of configs.
  if (sameJson(toJsonValue(entries), toJsonValue(repeated))) return;
  const before = problems.length;
  const other = readEntries(repeated, registry, problems);
  // Different text may still mean equal configs; with a config unread there is nothing to compare.
  if (problems.length > before || other.entries.length !== repeated.members.size) return;
  if (recipe.entries.length === entries.members.size && sameEntries(recipe, other)) return;
  problems.push({
    message: `"fqn_to_config" and "module_fqn_to_config" hold different entries${differingKey(recipe, other)}`,
    hint: 'torchao refuses that too. Remove the older "module_fqn_to_config".',
    key: null,
    position: repeated.position,
  });
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
