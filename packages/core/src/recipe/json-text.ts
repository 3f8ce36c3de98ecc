import { InvalidRecipeError } from '../errors.ts';
import type { JsonValue } from '../json.ts';
import { JsonScanner, type JsonProblem } from '../json/json-scanner.ts';
import { locator, type TextPosition, type TextSpan } from '../json/text-position.ts';
import type { ProblemList } from './problem-list.ts';

// A recipe of 10,000 keys in torchao's doubled form is about 10 MB.
const MAX_LENGTH = 32 * 1024 * 1024;
export const MAX_VALUES = 1_000_000;

/** A JSON text that was checked whole. Its values are places in it: nothing is built before it is asked for. */
export interface JsonText {
  readonly text: string;
  readonly root: JsonNode;
  readonly positionAt: (offset: number) => TextPosition;
}

/** A value and its place in a checked text. */
export interface JsonNode extends TextSpan {
  readonly kind: 'object' | 'array' | 'literal';
}

/**
 * Checks JSON text. Names that come twice and numbers beyond a double go to `problems`, since the rest can still be read.
 *
 * @throws InvalidRecipeError when the text is not JSON, or larger or deeper than any recipe.
 */
export function readJsonText(text: string, problems: ProblemList): JsonText {
  if (text.length > MAX_LENGTH) {
    throw new InvalidRecipeError({
      message: `the text has ${text.length} characters`,
      where: 'recipe',
      allowed: `at most ${MAX_LENGTH}`,
      hint: 'No real recipe is that large.',
    });
  }
  if (text.trim() === '') {
    throw new InvalidRecipeError({ message: 'the text is empty', where: 'recipe', hint: 'Write at least {}.' });
  }
  const positionAt = locator(text);
  const scanner = new JsonScanner(
    text,
    {
      fail: (problem) => refuse(problem, positionAt),
      duplicate: (name, first, again) => {
        const before = positionAt(first);
        problems.add({
          message: `the name is written twice, first at ${before.line}:${before.column}`,
          hint: 'Remove one: JSON readers differ on which one counts.',
          key: name,
          position: positionAt(again),
        });
      },
      number: (number, position) => {
        if (Number.isFinite(Number(number))) return;
        problems.add({ message: 'a number is too large for a double', key: null, position: positionAt(position) });
      },
      maxValues: MAX_VALUES,
      loneSurrogates: true,
    },
    // Some editors on Windows write a byte order mark; no JSON parser takes it.
    text.startsWith('\uFEFF') ? 1 : 0,
  );
  const root = nextNode(scanner);
  scanner.end();
  return { text, root, positionAt };
}

/** Visits the members of an object in their order; of two with one name the first is meant and the other passed too. */
export function forEachMember(
  text: string,
  object: JsonNode,
  visit: (name: string, place: TextSpan, value: JsonNode) => void,
): void {
  const scanner = new JsonScanner(text, { fail: unreachable, duplicate: null, loneSurrogates: true }, object.start);
  if (!scanner.openObject()) return;
  do {
    const start = scanner.valuePosition();
    const name = scanner.string();
    const end = scanner.position;
    scanner.valuePosition();
    scanner.colon();
    visit(name, { start, end }, nextNode(scanner));
  } while (scanner.moreMembers());
}

/** Visits the elements of an array in their order. */
export function forEachElement(text: string, array: JsonNode, visit: (element: JsonNode) => void): void {
  const scanner = new JsonScanner(text, { fail: unreachable, duplicate: null, loneSurrogates: true }, array.start);
  if (!scanner.openArray()) return;
  do visit(nextNode(scanner));
  while (scanner.moreElements());
}

/** The value of an object's member; null when it has none of that name, or is no object. */
export function memberOf(text: string, node: JsonNode, name: string): JsonNode | null {
  if (node.kind !== 'object') return null;
  let found: JsonNode | null = null;
  forEachMember(text, node, (other, _, value) => {
    if (other === name) found ??= value;
  });
  return found;
}

/** The plain value of a node. A member called `__proto__` stays an ordinary member. */
export function valueOf(text: string, { start, end }: TextSpan): JsonValue {
  return JSON.parse(text.slice(start, end)) as JsonValue;
}

function nextNode(scanner: JsonScanner): JsonNode {
  const start = scanner.valuePosition();
  const first = scanner.text[start];
  scanner.skip();
  const kind = first === '{' ? 'object' : first === '[' ? 'array' : 'literal';
  return { kind, start, end: scanner.position };
}

function refuse({ message, position, allowed }: JsonProblem, positionAt: (offset: number) => TextPosition): never {
  const { line, column } = positionAt(position);
  throw new InvalidRecipeError({
    message: `the text is not JSON that a recipe can be: ${message}`,
    where: `recipe ${line}:${column}`,
    ...(allowed === undefined ? {} : { allowed }),
    hint: 'Check the commas and quotes there; comments and trailing commas are not JSON.',
  });
}

function unreachable({ message }: JsonProblem): never {
  throw new Error(`a text that was checked is not JSON: ${message}`);
}
