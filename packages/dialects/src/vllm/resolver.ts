import { DEFAULT_KEY, REGEX_PREFIX, type Recipe } from '@fewbit/core';
import { compileSet, type PatternSet } from '@fewbit/python-re';
import { createSkipList } from './skip-list.ts';

/** What vLLM decides about one of its modules. */
export interface ModuleVerdict {
  readonly by: 'listed' | 'null' | 'null-parts' | 'exact' | 'regex' | 'default' | 'none';
  /** -1 for `listed` (the config's own skip list) and `none`. */
  readonly entry: number;
}

export interface Resolver {
  /**
   * Equal verdicts are one object.
   *
   * @throws PythonReError when the search reaches a pattern that cannot be used, or one that cannot be decided on this name.
   */
  readonly resolve: (module: string) => ModuleVerdict;
  /** The entries whose key is a pattern, by place in their set. */
  readonly regexEntries: readonly number[];
}

/**
 * vLLM's order: the skip list (`modules_to_not_convert`, then every key whose value is null), the key that is the module's
 * name, the first `re:` key in file order that fully matches it, `_default`.
 *
 * @throws PythonReError when the patterns together exceed a bound.
 */
export function createResolver({ entries }: Recipe, notConverted: readonly string[]): Resolver {
  const nulls = entries.flatMap(({ config }, entry) => (config === null ? [entry] : []));
  const skips = createSkipList([...notConverted, ...nulls.map((entry) => entries[entry]?.key ?? '')]);
  const exact = new Map(
    entries.flatMap(({ key }, entry) => (key.startsWith(REGEX_PREFIX) ? [] : [[key, entry] as const])),
  );
  const regexEntries = entries.flatMap(({ key }, entry) => (key.startsWith(REGEX_PREFIX) ? [entry] : []));
  const patterns: PatternSet = compileSet(
    regexEntries.map((entry) => entries[entry]?.key.slice(REGEX_PREFIX.length) ?? ''),
  );
  const verdicts: Map<string, ModuleVerdict> = new Map();

  function verdict(by: ModuleVerdict['by'], entry: number): ModuleVerdict {
    const identity = `${by} ${entry}`;
    const known = verdicts.get(identity) ?? { by, entry };
    verdicts.set(identity, known);
    return known;
  }

  function resolve(module: string): ModuleVerdict {
    const skip = skips.find(module);
    if (skip !== null) {
      const entry = nulls[skip.place - notConverted.length];
      if (entry === undefined) return verdict('listed', -1);
      return verdict(skip.by === 'parts' ? 'null-parts' : 'null', entry);
    }
    const named = exact.get(module);
    if (named !== undefined) return verdict('exact', named);
    const regex = regexEntries.length === 0 ? undefined : regexEntries[patterns.firstFullmatch(module)];
    if (regex !== undefined) return verdict('regex', regex);
    const byDefault = exact.get(DEFAULT_KEY);
    return byDefault === undefined ? verdict('none', -1) : verdict('default', byDefault);
  }
  return { resolve, regexEntries };
}
