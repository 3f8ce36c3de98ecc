import { DEFAULT_KEY, indexKeys, REGEX_PREFIX, type MatcherEntry, type Recipe } from '@fewbit/core';

/** A recipe's keys as Python code asks them: a dict, and a loop over the patterns. Every number is an entry's index. */
export interface Keys {
  /** The entry whose key is this very text, of whatever kind the key is; -1 when there is none. */
  readonly exact: (name: string) => number;
  /**
   * The first `re:` key that fully matches, or that is broken, since Python would raise there; -1 when there is none.
   *
   * @throws InvalidRecipeError when a pattern cannot be decided on this name.
   */
  readonly firstRegex: (name: string) => number;
  /** All `re:` keys with a config that fully match, and all broken ones, in the order written. Throws as `firstRegex`. */
  readonly everyRegexWithConfig: (name: string) => readonly number[];
  /** -1 when there is no `_default`. */
  readonly defaultEntry: number;
  /** The `re:` keys that raise, and why. */
  readonly broken: ReadonlyMap<number, Error>;
}

/** @throws InvalidRecipeError for a key that is given twice, and for patterns that together exceed a bound. */
export function readKeys({ entries }: Recipe): Keys {
  const { exact, defaultEntry, broken, firstRegex, everyRegex } = indexKeys(entries, {});
  const odd = new Map(entries.flatMap(({ key }, entry) => (isOdd(key) ? [[key, entry] as const] : [])));
  const brokenEntries = [...broken.keys()];
  let every: ((name: string) => readonly number[]) | null = null;
  return {
    exact: (name) => exact.get(name) ?? (isOdd(name) ? (odd.get(name) ?? -1) : -1),
    firstRegex: broken.size === 0 ? firstRegex : (name) => Math.min(...everyRegex(name), ...brokenEntries),
    everyRegexWithConfig: (name) => {
      every ??= amongConfigs(entries, everyRegex);
      const found = every(name);
      return broken.size === 0 ? found : [...found, ...brokenEntries].sort((left, right) => left - right);
    },
    defaultEntry,
    broken,
  };
}

/** `everyRegex` without the nulls. What many nulls match is not asked for, which takes long where they overlap. */
function amongConfigs(
  entries: readonly MatcherEntry[],
  everyRegex: (name: string) => readonly number[],
): (name: string) => readonly number[] {
  const kept = entries.flatMap(({ config }, entry) => (config === null ? [] : [entry]));
  if (kept.length === entries.length) return everyRegex;
  const index = indexKeys(
    kept.map((entry) => entries[entry] ?? NOTHING),
    {},
  );
  return (name) => index.everyRegex(name).map((at) => kept[at] ?? -1);
}

const NOTHING: MatcherEntry = { key: '', config: null };

/** Keys that are no names, unless a module has just that name. */
function isOdd(text: string): boolean {
  return text === DEFAULT_KEY || text.startsWith(REGEX_PREFIX);
}

/** The first of two entries in the order written; -1 stands for none. */
export function firstOf(left: number, right: number): number {
  if (left === -1 || right === -1) return Math.max(left, right);
  return Math.min(left, right);
}
