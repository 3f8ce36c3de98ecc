import { parse, type ValueNode } from '@humanwhocodes/momoa';
import { InvalidRecipeError } from '../errors.ts';
import type { JsonValue } from '../json.ts';
import { quote } from '../quote.ts';
import { checkBounds } from './json-bounds.ts';
import type { RecipeProblem, TextPosition } from './recipe-problem.ts';

/** JSON with its places in the text, in the order of the text, which JavaScript objects do not keep for keys like "0". */
export type JsonNode = JsonObjectNode | JsonArrayNode | JsonLiteralNode;

export interface JsonObjectNode {
  readonly kind: 'object';
  readonly position: TextPosition;
  /** Names are unique: a name that is written again is a problem, and the first one stands. */
  readonly members: ReadonlyMap<string, JsonMember>;
}

export interface JsonMember {
  readonly position: TextPosition;
  readonly value: JsonNode;
}

export interface JsonArrayNode {
  readonly kind: 'array';
  readonly position: TextPosition;
  readonly elements: readonly JsonNode[];
}

export interface JsonLiteralNode {
  readonly kind: 'literal';
  readonly position: TextPosition;
  readonly value: null | boolean | number | string;
}

/**
 * Reads JSON text. Duplicate names and numbers beyond a double go to `problems`, since the rest can still be read.
 *
 * @throws InvalidRecipeError when the text is not JSON, or larger or deeper than any recipe.
 */
export function readJsonText(source: string, problems: RecipeProblem[]): JsonNode {
  // Some editors on Windows write one; no JSON parser takes it.
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source;
  checkBounds(text);
  let body: ValueNode;
  try {
    // The strict judge of what is JSON; momoa is asked for order and places.
    JSON.parse(text);
    body = parse(text, { mode: 'json' }).body;
  } catch (cause) {
    throw notJson(text, cause);
  }
  return toNode(body, problems);
}

/** The plain value of a node. A member called `__proto__` stays an ordinary member. */
export function toJsonValue(node: JsonNode): JsonValue {
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'array':
      return node.elements.map(toJsonValue);
    case 'object':
      return Object.fromEntries(Array.from(node.members, ([name, { value }]) => [name, toJsonValue(value)]));
  }
}

function toNode(node: ValueNode, problems: RecipeProblem[]): JsonNode {
  const { line, column } = node.loc.start;
  const position = { line, column };
  switch (node.type) {
    case 'Object': {
      const members: Map<string, JsonMember> = new Map();
      for (const { name, value } of node.members) {
        const key = name.type === 'String' ? name.value : name.name;
        const place = { line: name.loc.start.line, column: name.loc.start.column };
        const before = members.get(key);
        if (before === undefined) members.set(key, { position: place, value: toNode(value, problems) });
        else problems.push(writtenTwice(key, before.position, place));
      }
      return { kind: 'object', position, members };
    }
    case 'Array':
      return { kind: 'array', position, elements: node.elements.map(({ value }) => toNode(value, problems)) };
    case 'Null':
      return { kind: 'literal', position, value: null };
    case 'Number':
      if (!Number.isFinite(node.value)) {
        problems.push({ message: 'a number is too large for a double', key: null, position });
      }
      return { kind: 'literal', position, value: node.value };
    case 'Boolean':
    case 'String':
      return { kind: 'literal', position, value: node.value };
    case 'NaN':
    case 'Infinity':
      return { kind: 'literal', position, value: null };
  }
}

function writtenTwice(key: string, first: TextPosition, again: TextPosition): RecipeProblem {
  return {
    message: `the name is written twice, first at ${first.line}:${first.column}`,
    hint: 'Remove one: JSON readers differ on which one counts.',
    key,
    position: again,
  };
}

function notJson(text: string, cause: unknown): InvalidRecipeError {
  const hint = 'Check the commas and quotes there; comments and trailing commas are not JSON.';
  if (text.trim() === '')
    return new InvalidRecipeError({ message: 'the text is empty', where: 'recipe', hint: 'Write at least {}.' });
  const found = locate(text) ?? { message: reason(cause), position: null };
  const where = found.position === null ? 'recipe' : `recipe ${found.position.line}:${found.position.column}`;
  return new InvalidRecipeError({ message: `the text is not JSON: ${found.message}`, where, hint, cause });
}

/** momoa's complaint, which has a place; null when momoa would let the text pass. */
function locate(text: string): { readonly message: string; readonly position: TextPosition } | null {
  try {
    parse(text, { mode: 'json' });
    return null;
  } catch (error) {
    if (!(error instanceof Error) || !('line' in error) || !('column' in error)) return null;
    const { line, column } = error;
    if (typeof line !== 'number' || typeof column !== 'number') return null;
    const message = error.message.replace(/ \(\d+:\d+\)$/, '').replace(/\.$/, '');
    return { message: quoteFree(message), position: { line, column } };
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? quoteFree(cause.message) : 'it cannot be parsed';
}

// A parser may put a piece of the text into its message.
function quoteFree(message: string): string {
  return quote(message).slice(1, -1);
}
