import type { Config } from '../contracts/config-type.ts';
import { FewbitError } from '../errors.ts';
import type { TextPosition, TextSpan } from '../json/text-position.ts';
import { Uint32List } from '../json/uint32-list.ts';
import { quote } from '../quote.ts';
import { parseConfig, type ConfigRegistry } from './config-json.ts';
import { forEachMember, valueOf, type JsonNode, type JsonText } from './json-text.ts';
import type { ProblemList } from './problem-list.ts';
import type { RecipeProblem } from './recipe-problem.ts';
import type { Recipe, RecipeEntry } from './recipe.ts';

/** Where an entry stands in the text of its recipe. */
export interface EntryPlace {
  /** The key, its quotes included. */
  readonly key: TextSpan;
  /** The config or null. */
  readonly value: TextSpan;
}

/** The entries of one map of a recipe's text. */
export interface ReadEntries {
  readonly recipe: Recipe;
  readonly positionOf: (entry: number) => TextPosition;
  readonly places: () => readonly EntryPlace[];
}

// A recipe has a handful of different configs; one made to have very many must not hold them twice.
const REMEMBERED_CONFIGS = 256;

// Begin and end of the key and of the value.
const NUMBERS_IN_PLACE = 4;

/**
 * Makes a reader of maps of keys and configs. Configs that are written alike, as most of a large recipe's are, are one
 * object, in one map and in the other.
 */
export function createEntryReader(
  { text, positionAt }: JsonText,
  registry: ConfigRegistry,
  problems: ProblemList,
): (map: JsonNode) => ReadEntries {
  const configs: Map<string, Config> = new Map();

  /** @param placeOf Words for the entry, made only when they are needed. */
  function readConfig(value: JsonNode, placeOf: () => string): Config | null {
    const written = text.slice(value.start, value.end);
    if (written === 'null') return null;
    let config = configs.get(written);
    if (config === undefined) {
      config = parseConfig(valueOf(text, value), registry, placeOf());
      if (configs.size >= REMEMBERED_CONFIGS) configs.clear();
      configs.set(written, config);
    }
    return config;
  }

  return (map) => {
    const entries: RecipeEntry[] = [];
    const numbers = new Uint32List();
    // Without a problem so far all names are known to be distinct.
    const seen: Set<string> | null = problems.all.length > 0 ? new Set() : null;
    forEachMember(text, map, (key, place, value) => {
      // Reported already; the first one stands.
      if (seen?.has(key) === true) return;
      seen?.add(key);
      const position = (): TextPosition => positionAt(place.start);
      const placeOf = (): string => `key ${quote(key)} at ${position().line}:${position().column}`;
      try {
        entries.push({ key, config: readConfig(value, placeOf) });
        for (const number of [place.start, place.end, value.start, value.end]) numbers.push(number);
      } catch (error) {
        // Anything else is a fault in a config type, not in the recipe.
        if (!FewbitError.isInstance(error)) throw error;
        problems.add({ ...wordsOf(error, placeOf()), key, position: position(), cause: error });
      }
    });
    const at = (entry: number, offset: number): number => numbers.at(entry * NUMBERS_IN_PLACE + offset);
    let places: readonly EntryPlace[] | null = null;
    return {
      recipe: { entries },
      positionOf: (entry) => positionAt(at(entry, 0)),
      places: () =>
        (places ??= entries.map((_, entry) => ({
          key: { start: at(entry, 0), end: at(entry, 1) },
          value: { start: at(entry, 2), end: at(entry, 3) },
        }))),
    };
  };
}

/** A config's error without the place, which the problem's line says already; what is left of it is the field. */
function wordsOf({ details }: FewbitError, where: string): Pick<RecipeProblem, 'message' | 'hint'> {
  const { message, allowed, hint, where: place = '' } = details;
  const field = place.startsWith(where) ? place.slice(where.length).replace(/^\./, '') : place;
  const subject = field === '' ? '' : `${field}: `;
  const expected = allowed === undefined ? '' : `; expected ${allowed}`;
  return { message: `${subject}${message}${expected}`, ...(hint !== undefined && { hint }) };
}
