import { createProblemList, readJsonText, recipeError, shown, type JsonValue, type ProblemList } from '@fewbit/core';
import { toJsonValue, treeOf, type JsonNode, type JsonObjectNode } from './json-tree.ts';
import { PythonReError } from '@fewbit/python-re';
import type { NamePattern } from './pattern/name-pattern.ts';
import { nameSet, type NameSet } from './pattern/name-set.ts';
import type { Origin } from './origin.ts';

/** Gathers what is wrong with a foreign recipe, so that all of it is reported at once. */
export interface Problems {
  readonly add: (message: string, node: JsonNode | null, key?: string, hint?: string) => void;
  readonly addAt: (message: string, origin: Origin) => void;
  /** @throws InvalidRecipeError when there are any. */
  readonly check: () => void;
}

export function gatherProblems(found: ProblemList = createProblemList()): Problems {
  return {
    add: (message, node, key, hint) => {
      found.add({ message, key: key ?? null, position: node?.position ?? null, ...(hint !== undefined && { hint }) });
    },
    addAt: (message, { entry, position }) => {
      found.add({ message: `${entry}: ${message}`, key: null, position });
    },
    check: () => {
      if (found.all.length > 0) throw recipeError(found.all);
    },
  };
}

/** A reader's place: the root of a JSON text, and where to put what is wrong with it. */
export interface JsonRecipe {
  readonly root: JsonObjectNode;
  readonly problems: Problems;
}

/**
 * Reads JSON whose root is an object.
 *
 * @throws InvalidRecipeError for any other text, and for one that is larger or deeper than any recipe.
 */
export function readJsonRecipe(text: string): JsonRecipe {
  const found = createProblemList();
  const root = treeOf(readJsonText(text, found));
  if (root.kind === 'object') return { root, problems: gatherProblems(found) };
  throw recipeError([{ message: 'a recipe is an object', key: null, position: root.position }]);
}

export function objectAt(node: JsonObjectNode, name: string): JsonObjectNode | null {
  const value = node.members.get(name)?.value;
  return value?.kind === 'object' ? value : null;
}

/** The member's value without its places; undefined when there is none. */
export function valueAt(node: JsonObjectNode, name: string): JsonValue | undefined {
  const value = node.members.get(name)?.value;
  return value === undefined ? undefined : toJsonValue(value);
}

/** A list of strings, or one string for a list of one; null is an empty list. Anything else is a problem. */
export function stringsAt(node: JsonObjectNode, name: string, problems: Problems): readonly PlacedString[] {
  const value = node.members.get(name)?.value;
  if (value === undefined) return [];
  return stringsOf(value, name, problems);
}

export interface PlacedString {
  readonly text: string;
  readonly origin: Origin;
}

export function stringsOf(value: JsonNode, name: string, problems: Problems): readonly PlacedString[] {
  if (value.kind === 'literal' && value.value === null) return [];
  const elements = value.kind === 'array' ? value.elements : [value];
  return elements.flatMap((element) => {
    if (element.kind === 'literal' && typeof element.value === 'string') {
      return [
        { text: element.value, origin: { entry: `${name} ${shown(element.value)}`, position: element.position } },
      ];
    }
    problems.add(`"${name}" holds ${shown(toJsonValue(element))}; expected names`, element);
    return [];
  });
}

/** Plain data with the members of a JSON object, read safely. */
export interface Fields {
  readonly names: readonly string[];
  readonly number: (name: string) => number | undefined;
  readonly boolean: (name: string) => boolean | undefined;
  readonly string: (name: string) => string | undefined;
  readonly raw: (name: string) => JsonValue | undefined;
}

/** A member of another type than the one that is asked for is a problem. Null counts as absent. */
export function fieldsOf(node: JsonObjectNode, where: string, problems: Problems): Fields {
  const raw = (name: string): JsonValue | undefined => valueAt(node, name) ?? undefined;
  function typed<T>(name: string, expected: string, test: (value: JsonValue) => value is T & JsonValue): T | undefined {
    const value = raw(name);
    if (value === undefined || test(value)) return value;
    const place = node.members.get(name)?.value ?? node;
    problems.add(`${where}: "${name}" is ${shown(value)}; expected ${expected}`, place);
    return undefined;
  }
  return {
    names: [...node.members.keys()],
    raw,
    number: (name) => typed(name, 'a number', (value): value is number => typeof value === 'number'),
    boolean: (name) => typed(name, 'true or false', (value): value is boolean => typeof value === 'boolean'),
    string: (name) => typed(name, 'text', (value): value is string => typeof value === 'string'),
  };
}

/** A pattern, and the entry that it stands in. */
export interface PlacedPattern {
  readonly pattern: NamePattern;
  readonly origin: Origin;
}

/**
 * Compiles the patterns of a recipe. Each that cannot be used is a problem, and the set then matches nothing.
 *
 * @param reader Who reads the patterns where that is not Python, for the message.
 */
export function compilePatterns(patterns: readonly PlacedPattern[], problems: Problems, reader = 'Python'): NameSet {
  try {
    return nameSet(patterns.map(({ pattern }) => pattern));
  } catch (error) {
    if (!(error instanceof PythonReError)) throw error;
    const alone = patterns.filter(({ pattern, origin }) => !isUsable(pattern, origin, problems, reader));
    // Each for itself is well, and together they are too large.
    if (alone.length === 0)
      problems.add(`the patterns together cannot be used: ${error.message.replace(/\.$/, '')}`, null);
    return NO_NAMES;
  }
}

const NO_NAMES: NameSet = { first: () => -1, all: () => [] };

function isUsable(pattern: NamePattern, origin: Origin, problems: Problems, reader: string): boolean {
  try {
    nameSet([pattern]);
    return true;
  } catch (error) {
    if (!(error instanceof PythonReError)) throw error;
    const who = reader === 'Python' ? '' : ` (${reader} reads it there, and may take more)`;
    problems.addAt(`the pattern cannot be used: ${error.message.replace(/\.$/, '')}${who}`, origin);
    return false;
  }
}
