import { createMatcher, type MatchedParameter, type MatcherOptions } from '../matcher/matcher.ts';
import { sameConfig } from './equal.ts';
import { REGEX_PREFIX, type Recipe } from './recipe.ts';

/** The recipe with its keys by code point, as Python's `json.dumps(sort_keys=True)` and so transformers would write it. */
export function sortRecipe(recipe: Recipe): Recipe {
  return { entries: [...recipe.entries].sort((left, right) => compareCodePoints(left.key, right.key)) };
}

/**
 * True when sorting the keys, as saving through transformers does, changes nothing for these parameters: each still
 * gets an equal config, or none. Only the order of `re:` keys can make a difference.
 *
 * @throws InvalidRecipeError as `createMatcher` does.
 */
export function survivesSorting(
  recipe: Recipe,
  parameters: Iterable<MatchedParameter>,
  options: MatcherOptions = {},
): boolean {
  const sorted = sortRecipe(recipe);
  const regexes = (entries: Recipe['entries']): readonly string[] =>
    entries.flatMap(({ key }) => (key.startsWith(REGEX_PREFIX) ? [key] : []));
  const after = regexes(sorted.entries);
  if (regexes(recipe.entries).every((key, index) => key === after[index])) return true;

  const [written, resorted] = [createMatcher(recipe, options), createMatcher(sorted, options)];
  for (const parameter of parameters) {
    const [left, right] = [written.resolve(parameter), resorted.resolve(parameter)];
    const quantized = left.outcome === 'config';
    if (quantized !== (right.outcome === 'config')) return false;
    if (!quantized) continue;
    const [before, now] = [recipe.entries[left.entry], sorted.entries[right.entry]];
    if (before?.key !== now?.key && !sameConfig(before?.config ?? null, now?.config ?? null)) return false;
  }
  return true;
}

/** Orders strings as Python does: by code point, where JavaScript's `<` goes by UTF-16 unit. */
export function compareCodePoints(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  let at = 0;
  while (at < length && left.charCodeAt(at) === right.charCodeAt(at)) at++;
  if (at === length) return left.length - right.length;
  return rank(left.charCodeAt(at)) - rank(right.charCodeAt(at));
}

// Surrogates stand for code points above every other unit, though U+E000 to U+FFFF come after them by number.
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
