import { brokenKey } from '../matcher/key-index.ts';
import { checkPattern, type PatternOptions } from '../matcher/patterns.ts';
import type { RecipeProblem } from './recipe-problem.ts';
import { REGEX_PREFIX, type Recipe } from './recipe.ts';

/** A problem of an entry, which knows the place. */
export type PatternProblem = Omit<RecipeProblem, 'position'> & { readonly entry: number };

/** Tells of each `re:` key that cannot be used. One after the other: ten thousand syntax trees at once are large. */
export function forEachPatternProblem(
  { entries }: Recipe,
  options: PatternOptions,
  tell: (problem: PatternProblem) => void,
): void {
  for (const [entry, { key }] of entries.entries()) {
    if (!key.startsWith(REGEX_PREFIX)) continue;
    const error = checkPattern(key.slice(REGEX_PREFIX.length), options);
    if (error !== null) tell({ ...brokenKey(key, error), entry });
  }
}
