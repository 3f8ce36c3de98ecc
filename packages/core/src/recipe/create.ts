import type { Config } from '../contracts/config-type.ts';
import { recipeError } from './problem.ts';
import type { RecipeProblem } from './recipe-problem.ts';
import type { Recipe, RecipeEntry } from './recipe.ts';

/** Keys and configs in order: an object, a Map, or a list of pairs. */
export type RecipeSource = Readonly<Record<string, Config | null>> | Iterable<readonly [string, Config | null]>;

/**
 * A recipe from keys and configs, for those who write recipes in TypeScript.
 *
 * An object keeps the order in which its keys are written, except that keys like "0" come first. For exact keys the
 * order never matters; for a recipe that is to be printed in its order, give a Map or pairs.
 *
 * @throws InvalidRecipeError for a key that is given twice.
 * @example
 * ```ts
 * const recipe = createRecipe({ 're:.*q_proj': int4({ groupSize: 32 }), lm_head: null });
 * ```
 */
export function createRecipe(source: RecipeSource): Recipe {
  const pairs: Iterable<readonly [string, Config | null]> = isIterable(source) ? source : Object.entries(source);
  const entries: RecipeEntry[] = [];
  const seen: Set<string> = new Set();
  const problems: RecipeProblem[] = [];
  for (const [key, config] of pairs) {
    if (seen.has(key)) problems.push({ message: 'the key is given twice', hint: 'Remove one.', key, position: null });
    seen.add(key);
    entries.push({ key, config });
  }
  if (problems.length > 0) throw recipeError(problems);
  return { entries };
}

function isIterable(source: RecipeSource): source is Iterable<readonly [string, Config | null]> {
  // An own member of that name would be a key; keys are strings, so a symbol is always the protocol's.
  return Symbol.iterator in source;
}
