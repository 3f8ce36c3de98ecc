import { InvalidRecipeError } from '../errors.ts';
import type { JsonValue } from '../json.ts';
import { MAX_NESTING } from '../json/json-scanner.ts';
import { MAX_VALUES } from './json-text.ts';

/**
 * The text of a value, to be read again by `readJsonText`.
 *
 * @throws InvalidRecipeError when the value nests deeper than any recipe, or in itself.
 */
export function stringifyBounded(value: JsonValue): string {
  let level: readonly JsonValue[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    const next: JsonValue[] = [];
    for (const inner of level) {
      if (typeof inner !== 'object' || inner === null) continue;
      for (const member of Object.values(inner)) next.push(member);
      if (depth >= MAX_NESTING || next.length > MAX_VALUES) throw tooLarge();
    }
    level = next;
  }
  return JSON.stringify(value, null, 1);
}

function tooLarge(): InvalidRecipeError {
  return new InvalidRecipeError({
    message: 'the JSON is too deep or too large',
    where: 'recipe',
    allowed: `at most ${MAX_NESTING} levels and ${MAX_VALUES} values`,
    hint: 'No real recipe is that large.',
  });
}
