import { InvalidRecipeError } from '../errors.ts';
import type { JsonValue } from '../json.ts';

// A recipe of 10,000 keys in torchao's doubled form is about 10 MB; these bounds are checked before anything is built.
const MAX_LENGTH = 32 * 1024 * 1024;
const MAX_VALUES = 1_000_000;
// torchao's envelopes nest about ten deep; parsers recurse, so depth is what would overflow their stack.
const MAX_DEPTH = 64;

/** @throws InvalidRecipeError for text that is longer, deeper or of more values than any recipe. */
export function checkBounds(text: string): void {
  if (text.length > MAX_LENGTH) {
    throw tooLarge(`the text has ${text.length} characters`, `at most ${MAX_LENGTH}`);
  }
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character === ',') values++;
    else if (character === '}' || character === ']') depth--;
    else if (character === '{' || character === '[') {
      depth++;
      values++;
      if (depth > MAX_DEPTH) throw tooLarge(`the JSON nests deeper than ${MAX_DEPTH}`, `at most ${MAX_DEPTH} levels`);
    }
  }
  if (values > MAX_VALUES) throw tooLarge(`the JSON has more than ${MAX_VALUES} values`, `at most ${MAX_VALUES}`);
}

/** Index of the closing quote, or of the last character when there is none. */
function endOfString(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

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
      if (depth >= MAX_DEPTH || next.length > MAX_VALUES) {
        throw tooLarge('the JSON is too deep or too large', `at most ${MAX_DEPTH} levels and ${MAX_VALUES} values`);
      }
    }
    level = next;
  }
  return JSON.stringify(value, null, 1);
}

function tooLarge(message: string, allowed: string): InvalidRecipeError {
  return new InvalidRecipeError({ message, where: 'recipe', allowed, hint: 'No real recipe is that large.' });
}
