import type { Recipe } from '@fewbit/core';
import type { Keys } from '../reading/keys.ts';
import { createSkipList } from './skip-list.ts';

/** What vLLM decides about one of its modules. */
export interface ModuleVerdict {
  readonly by: 'listed' | 'null' | 'exact' | 'regex' | 'broken' | 'default' | 'none';
  /** -1 for `listed` (the config's own skip list) and `none`. */
  readonly entry: number;
}

/**
 * Asks for one module. Equal verdicts are one object.
 *
 * @throws InvalidRecipeError when a pattern cannot be decided on this name.
 */
export type Resolver = (module: string) => ModuleVerdict;

/**
 * vLLM's order: the skip list (`modules_to_not_convert`, then every key whose value is null), the key that is the module's
 * name, the first `re:` key in file order that fully matches it, `_default`.
 */
export function createResolver({ entries }: Recipe, keys: Keys, notConverted: readonly string[]): Resolver {
  const nulls = entries.flatMap(({ config }, entry) => (config === null ? [entry] : []));
  const skips = createSkipList([...notConverted, ...nulls.map((entry) => entries[entry]?.key ?? '')]);
  const verdicts: Map<string, ModuleVerdict> = new Map();

  function verdict(by: ModuleVerdict['by'], entry: number): ModuleVerdict {
    const identity = `${by} ${entry}`;
    const known = verdicts.get(identity) ?? { by, entry };
    verdicts.set(identity, known);
    return known;
  }

  return (module) => {
    const place = skips.find(module);
    if (place !== null) {
      const entry = nulls[place - notConverted.length];
      return entry === undefined ? verdict('listed', -1) : verdict('null', entry);
    }
    const exact = keys.exact(module);
    if (exact !== -1) return verdict('exact', exact);
    const regex = keys.firstRegex(module);
    if (regex !== -1) return verdict(keys.broken.has(regex) ? 'broken' : 'regex', regex);
    return keys.defaultEntry === -1 ? verdict('none', -1) : verdict('default', keys.defaultEntry);
  };
}
