import type { Finding } from '../plan/plan.ts';
import type { FoundEntries } from './entries.ts';
import type { TextPosition } from './recipe-problem.ts';
import { DEFAULT_KEY, REGEX_PREFIX, type Recipe } from './recipe.ts';
import { compareCodePoints } from './sort.ts';

/** Something about a recipe's text that a person should know and that does not stop the job. */
export interface RecipeWarning extends Finding {
  readonly position: TextPosition | null;
}

/** What is noteworthy about a recipe that was read without problems. */
export function warningsOf(recipe: Recipe, found: FoundEntries): readonly RecipeWarning[] {
  const warnings: RecipeWarning[] = [];
  const warn = (id: string, message: string, position: TextPosition | null, key?: string): void => {
    warnings.push({ id, severity: 'warning', message, position, ...(key !== undefined && { key }) });
  };
  const { entries, repeated, quantizationConfig } = found;
  if (recipe.entries.length === 0)
    warn('empty-recipe', 'the recipe has no keys, so nothing is quantized', entries.position);
  const deprecated = entries.members.get(DEFAULT_KEY);
  if (deprecated !== undefined) {
    const message = 'torchao has deprecated "_default"; a regular expression over the linear layers does the same';
    warn('default-key-deprecated', message, deprecated.position, DEFAULT_KEY);
  }
  const regexes = regexKeys(entries);
  if (repeated !== null && !sameList(regexes, regexKeys(repeated))) {
    const message = 'the two maps order their "re:" keys differently; the order of "fqn_to_config" counts';
    warn('maps-ordered-differently', message, repeated.position);
  }
  if (quantizationConfig !== null) {
    const skipped = quantizationConfig.members.get('modules_to_not_convert')?.value;
    if (skipped?.kind === 'array' && skipped.elements.length > 0) {
      const message =
        'transformers also skips "modules_to_not_convert"; that list is no part of the recipe and is not read';
      warn('skip-list-ignored', message, skipped.position);
    }
    if (regexes.length > 1 && sameList(regexes, [...regexes].sort(compareCodePoints))) {
      const message =
        'transformers sorts the keys of a config.json, so the "re:" keys may not stand in the order in which they were written';
      warn('order-may-be-lost', message, entries.position);
    }
  }
  return warnings;
}

function regexKeys(node: FoundEntries['entries']): readonly string[] {
  return [...node.members.keys()].filter((key) => key.startsWith(REGEX_PREFIX));
}

function sameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((key, index) => key === right[index]);
}
