import { nearestName } from '../nearest-name.ts';
import { kindOfKey, type MatcherEntry } from './key-index.ts';
import type { MatchedParameter, Matcher } from './matcher.ts';
import type { Resolution } from './resolution.ts';

// Models nest some ten levels deep; a name of a million dots must not make a million names of a million characters.
const MAX_LEVELS = 128;
// Each search compares a key with the whole model; a recipe for another model would have only such keys.
const MAX_SUGGESTIONS = 20;

/**
 * What becomes of one key on a given list of parameters.
 *
 * - `decides`: it gives its config, or null, to at least one parameter.
 * - `shadowed`: it matches parameters that it could speak for, and other keys decide about all of them.
 * - `no-weight`: all it matches are modules that have no `weight` (a container, a stack of experts): it selects nothing.
 * - `buffer`: all it matches are buffers, which no key selects.
 * - `unmatched`: it matches nothing at all.
 */
export interface KeyUse {
  readonly entry: number;
  readonly key: string;
  readonly use: 'decides' | 'shadowed' | 'no-weight' | 'buffer' | 'unmatched';
  /** How many parameters it decides. */
  readonly decides: number;
  /** Entries that decide instead; empty unless `shadowed`. */
  readonly shadowedBy: readonly number[];
  /** For the first few exact keys that match nothing: the name that was probably meant, if there is one close by. */
  readonly nearest: string | null;
}

/**
 * Accounts for every key of a recipe on the parameters of one model, in the order of the keys.
 *
 * @param resolutions The verdicts on the parameters, in their order, where they are known already.
 * @throws InvalidRecipeError when the search reaches a broken pattern.
 */
export function keyUses<Entry extends MatcherEntry>(
  matcher: Matcher<Entry>,
  parameters: readonly MatchedParameter[],
  resolutions: readonly Resolution[] = parameters.map(matcher.resolve),
): readonly KeyUse[] {
  const decides: number[] = matcher.entries.map(() => 0);
  for (const { entry, outcome } of resolutions) {
    if (outcome === 'config' || outcome === 'null-config') decides[entry] = (decides[entry] ?? 0) + 1;
  }
  const idle = new Set(decides.flatMap((count, entry) => (count === 0 ? [entry] : [])));
  const traces = idle.size === 0 ? NO_TRACES : traceIdle(matcher, parameters, resolutions, idle);
  let names: readonly string[] | null = null;
  let suggestions = 0;
  return matcher.entries.map(({ key }, entry): KeyUse => {
    const shadowedBy = [...(traces.shadowing.get(entry) ?? [])];
    const count = decides[entry] ?? 0;
    const use = useOf(entry, count, traces);
    const asks = use === 'unmatched' && kindOfKey(key) === 'exact' && suggestions++ < MAX_SUGGESTIONS;
    const nearest = asks ? nearestName(key, (names ??= namesOf(parameters))) : null;
    return { entry, key, use, decides: count, shadowedBy, nearest };
  });
}

/** What keys that decide nothing match after all. */
interface Traces {
  /** By entry: the entries that decide where it could have. */
  readonly shadowing: ReadonlyMap<number, ReadonlySet<number>>;
  readonly modules: ReadonlySet<number>;
  readonly buffers: ReadonlySet<number>;
}

const NO_TRACES: Traces = { shadowing: new Map(), modules: new Set(), buffers: new Set() };

function useOf(entry: number, decides: number, { shadowing, modules, buffers }: Traces): KeyUse['use'] {
  if (decides > 0) return 'decides';
  if (shadowing.has(entry)) return 'shadowed';
  if (modules.has(entry)) return 'no-weight';
  return buffers.has(entry) ? 'buffer' : 'unmatched';
}

function traceIdle(
  matcher: Matcher,
  parameters: readonly MatchedParameter[],
  resolutions: readonly Resolution[],
  idle: ReadonlySet<number>,
): Traces {
  const shadowing: Map<number, Set<number>> = new Map();
  const modules: Set<number> = new Set();
  const buffers: Set<number> = new Set();
  const idleMatching = matcher.matchingAmong(idle);
  const idleDefault = [...idle].find((entry) => kindOfKey(matcher.entries[entry]?.key ?? '') === 'default');
  const shadow = (entries: readonly number[], index: number): void => {
    for (const entry of entries) {
      shadowing.set(entry, (shadowing.get(entry) ?? new Set()).add(resolutions[index]?.entry ?? -1));
    }
  };
  const defaults = idleDefault === undefined ? [] : [idleDefault];
  parameters.forEach(({ name, module, parameter, kind }, index) => {
    const found = idleMatching(name);
    if (kind === 'buffer') {
      for (const entry of found) buffers.add(entry);
      return;
    }
    if (found.length > 0) shadow(found, index);
    if (parameter !== 'weight') return;
    shadow(idleMatching(module), index);
    if (kind === 'linear') shadow(defaults, index);
  });
  const unexplained = [...idle].filter((entry) => entry !== idleDefault && !shadowing.has(entry));
  const keys = unexplained.map((entry) => matcher.entries[entry]?.key ?? '');
  if (keys.length <= FEW_KEYS && keys.every((key) => kindOfKey(key) === 'exact')) {
    unexplained.forEach((entry, at) => {
      const key = keys[at] ?? '';
      if (parameters.some(({ module }) => contains(key, module))) modules.add(entry);
    });
  } else {
    const matchingUnexplained = matcher.matchingAmong(unexplained);
    for (const module of moduleNames(parameters)) {
      for (const entry of matchingUnexplained(module)) modules.add(entry);
    }
  }
  return { shadowing, modules, buffers };
}

// A few names are looked for one by one sooner than all containers of a large model are named.
const FEW_KEYS = 8;

/** Whether a name is a module, or holds it. */
function contains(name: string, module: string): boolean {
  if (name === '' || name === module) return true;
  return module.length > name.length && module.startsWith(name) && module[name.length] === '.';
}

/** Every module that the names imply, containers and the root ('') included. */
function moduleNames(parameters: readonly MatchedParameter[]): ReadonlySet<string> {
  const modules: Set<string> = new Set(['']);
  for (const { module } of parameters) {
    // Once a module is known, so are all that contain it.
    let name = module;
    for (let level = 0; level < MAX_LEVELS && !modules.has(name); level++) {
      modules.add(name);
      name = name.slice(0, Math.max(0, name.lastIndexOf('.')));
    }
  }
  return modules;
}

/** What an exact key may name so that it decides something: parameters, and modules with a `weight`. */
function namesOf(parameters: readonly MatchedParameter[]): readonly string[] {
  return parameters.flatMap(({ name, module, parameter, kind }) => {
    if (kind === 'buffer') return [];
    return parameter === 'weight' ? [module, name] : [name];
  });
}
