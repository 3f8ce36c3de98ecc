import { recipeError } from '../recipe/problem.ts';
import type { RecipeProblem } from '../recipe/recipe-problem.ts';
import { DEFAULT_KEY, REGEX_PREFIX } from '../recipe/recipe.ts';
import { compilePatterns, PythonReError, type PatternOptions, type PatternSet } from './patterns.ts';

/** A key and what it gives: null for "leave alone", anything else for a config, which the matcher never looks into. */
export interface MatcherEntry {
  readonly key: string;
  readonly config: unknown;
}

/** Which of the three kinds a key is. There is no telling a module's key from a parameter's. */
export type KeyKind = 'exact' | 'regex' | 'default';

export function kindOfKey(key: string): KeyKind {
  if (key === DEFAULT_KEY) return 'default';
  return key.startsWith(REGEX_PREFIX) ? 'regex' : 'exact';
}

const NO_ENTRIES: readonly number[] = [];

/** The keys of a recipe, sorted by kind. Every number is an entry's index in the recipe. */
export interface KeyIndex extends RegexIndex {
  readonly exact: ReadonlyMap<string, number>;
  /** The entry of an exact key; undefined for a name that is none. Most names are none by their length alone. */
  readonly exactEntry: (name: string) => number | undefined;
  /** Whether an exact key begins so. */
  readonly beginsExact: (beginning: string) => boolean;
  /** -1 when there is no `_default`. */
  readonly defaultEntry: number;
}

/** The `re:` keys of a recipe. */
export interface RegexIndex {
  /** The `re:` keys whose patterns cannot be used, and why. */
  readonly broken: ReadonlyMap<number, Error>;
  /**
   * The first `re:` key, in the order written, that fully matches the name; -1 when there is none.
   *
   * @throws InvalidRecipeError when the search reaches a broken pattern, or one that cannot be decided on this name.
   */
  readonly firstRegex: (name: string) => number;
  /** All `re:` keys that fully match the name, ascending, without the broken ones. */
  readonly everyRegex: (name: string) => readonly number[];
  /** One number for beginnings of names after which `everyRegex` says the same, whatever follows without a newline; -1: not told. */
  readonly classAfter: (beginning: string) => number;
}

/** @throws InvalidRecipeError for a key that is given twice, and for patterns that together exceed a bound. */
export function indexKeys(entries: readonly MatcherEntry[], options: PatternOptions): KeyIndex {
  const exact: Map<string, number> = new Map();
  let defaultEntry = -1;
  const regexes: Map<string, number> = new Map();
  const twice: RecipeProblem[] = [];
  for (const [entry, { key }] of entries.entries()) {
    const kind = kindOfKey(key);
    const known = kind === 'regex' ? regexes : exact;
    if (known.has(key) || (kind === 'default' && defaultEntry !== -1))
      twice.push({ message: 'the key is given twice', hint: 'Remove one.', key, position: null });
    if (kind === 'default') defaultEntry = entry;
    else known.set(key, entry);
  }
  if (twice.length > 0) throw recipeError(twice);
  // A name out of a header was never hashed, and looking it up would.
  const lengths = new Set(Array.from(exact.keys(), ({ length }) => length));
  const exactEntry = (name: string): number | undefined => (lengths.has(name.length) ? exact.get(name) : undefined);
  return { exact, exactEntry, beginsExact: beginsOneOf(exact), defaultEntry, ...indexRegexes(entries, options) };
}

function beginsOneOf(keys: ReadonlyMap<string, number>): (beginning: string) => boolean {
  let sorted: readonly string[] | null = null;
  return (beginning) => {
    if (keys.size === 0) return false;
    sorted ??= [...keys.keys()].sort();
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] ?? '') < beginning) low = middle + 1;
      else high = middle;
    }
    return sorted[low]?.startsWith(beginning) === true;
  };
}

/** @throws InvalidRecipeError for patterns that together exceed a bound. */
export function indexRegexes(entries: readonly MatcherEntry[], options: PatternOptions): RegexIndex {
  const regexes: number[] = [];
  for (const [entry, { key }] of entries.entries()) if (kindOfKey(key) === 'regex') regexes.push(entry);
  const sources = regexes.map((entry) => entries[entry]?.key.slice(REGEX_PREFIX.length) ?? '');
  let patterns: PatternSet;
  try {
    patterns = compilePatterns(sources, options);
  } catch (error) {
    throw asRecipeError(error);
  }
  // The most frequent answer of all: one list for all names.
  const alone = regexes.map((entry): readonly number[] => [entry]);
  const broken = new Map(patterns.broken.map(({ index, error }) => [regexes[index] ?? -1, error]));

  function firstRegex(name: string): number {
    if (regexes.length === 0) return -1;
    let entry: number;
    try {
      entry = regexes[patterns.first(name)] ?? -1;
    } catch (error) {
      throw asRecipeError(error);
    }
    const error = broken.size === 0 ? undefined : broken.get(entry);
    if (error !== undefined) throw recipeError([brokenKey(entries[entry]?.key ?? '', error)]);
    return entry;
  }
  function everyRegex(name: string): readonly number[] {
    if (regexes.length === 0) return NO_ENTRIES;
    let found: readonly number[];
    try {
      found = patterns.all(name);
    } catch (error) {
      throw asRecipeError(error);
    }
    if (found.length < 2) return alone[found[0] ?? -1] ?? NO_ENTRIES;
    return found.map((index) => regexes[index] ?? -1);
  }
  const classAfter = (beginning: string): number => (regexes.length === 0 ? 0 : patterns.classAfter(beginning));
  return { broken, firstRegex, everyRegex, classAfter };
}

/** The problem of a `re:` key that cannot be used, for the error that refuses the recipe. */
export function brokenKey(key: string, error: Error, position: RecipeProblem['position'] = null): RecipeProblem {
  return {
    message: `the pattern cannot be used: ${error.message.replace(/\.$/, '')}`,
    hint: 'Everything after "re:" is read as Python\'s re reads it.',
    key,
    position,
    cause: error,
  };
}

/** Python's errors know their pattern only; here it is the key of a recipe. Anything else stays what it is. */
function asRecipeError(error: unknown): unknown {
  if (!(error instanceof PythonReError)) return error;
  return recipeError([brokenKey(`${REGEX_PREFIX}${error.pattern}`, error)]);
}
