import type { Finding } from '../plan/plan.ts';
import type { FoundEntries } from './entries.ts';
import { memberOf, valueOf, type JsonText } from './json-text.ts';
import type { ReadEntries } from './read-entries.ts';
import type { TextPosition } from '../json/text-position.ts';
import { DEFAULT_KEY, REGEX_PREFIX, type Recipe } from './recipe.ts';
import { compareCodePoints } from './sort.ts';

/** Something about a recipe's text that a person should know and that does not stop the job. */
export interface RecipeWarning extends Finding {
  readonly position: TextPosition | null;
}

/** What is noteworthy about a recipe that was read without problems. */
export function warningsOf(
  { text, positionAt }: JsonText,
  { entries, quantizationConfig, repeated: second }: FoundEntries,
  { recipe, positionOf }: ReadEntries,
  repeated: ReadEntries | null,
): readonly RecipeWarning[] {
  const warnings: RecipeWarning[] = [];
  const warn = (id: string, message: string, position: TextPosition | null, key?: string): void => {
    warnings.push({ id, severity: 'warning', message, position, ...(key !== undefined && { key }) });
  };
  if (recipe.entries.length === 0)
    warn('empty-recipe', 'the recipe has no keys, so nothing is quantized', positionAt(entries.start));
  const deprecated = recipe.entries.findIndex(({ key }) => key === DEFAULT_KEY);
  if (deprecated !== -1) {
    const message = 'torchao has deprecated "_default"; a regular expression over the linear layers does the same';
    warn('default-key-deprecated', message, positionOf(deprecated), DEFAULT_KEY);
  }
  if (second !== null && repeated !== null && !sameList(regexKeys(recipe), regexKeys(repeated.recipe))) {
    const message = 'the two maps order their "re:" keys differently; the order of "fqn_to_config" counts';
    warn('maps-ordered-differently', message, positionAt(second.start));
  }
  if (quantizationConfig !== null) {
    const skipped = memberOf(text, quantizationConfig, 'modules_to_not_convert');
    const list = skipped?.kind === 'array' ? valueOf(text, skipped) : null;
    if (skipped !== null && Array.isArray(list) && list.length > 0) {
      const message =
        'transformers also skips "modules_to_not_convert"; that list is no part of the recipe and is not read';
      warn('skip-list-ignored', message, positionAt(skipped.start));
    }
    const regexes = regexKeys(recipe);
    if (regexes.length > 1 && sameList(regexes, [...regexes].sort(compareCodePoints))) {
      const message =
        'transformers sorts the keys of a config.json, so the "re:" keys may not stand in the order in which they were written';
      warn('order-may-be-lost', message, positionAt(entries.start));
    }
  }
  return warnings;
}

function regexKeys({ entries }: Recipe): readonly string[] {
  return entries.flatMap(({ key }) => (key.startsWith(REGEX_PREFIX) ? [key] : []));
}

function sameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((key, index) => key === right[index]);
}
