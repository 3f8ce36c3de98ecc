import { nearestName } from '../nearest-name.ts';
import { kindOfKey, type MatcherEntry } from './key-index.ts';
import { DEFAULT_KEY } from '../recipe/recipe.ts';
import type { MatchedParameter, Matcher } from './matcher.ts';
import type { Family, Siblings } from './siblings.ts';
import { surveyKeys, type KeySurvey } from './survey.ts';

const DOT = 0x2e;
// Models nest some ten levels deep; a name of a million dots must not make a million names of a million characters.
const MAX_LEVELS = 128;
// Each search compares a key with the whole model; a recipe for another model would have only such keys.
const MAX_SUGGESTIONS = 20;
const FEW = 0.1;

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
 * @param survey Of the same matcher and parameters, where there is one already: `decide` makes one.
 * @throws InvalidRecipeError when the search reaches a broken pattern, or one that cannot be decided on a name.
 */
export function keyUses<Entry extends MatcherEntry>(
  matcher: Matcher<Entry>,
  parameters: readonly MatchedParameter[],
  survey: KeySurvey = surveyKeys(matcher, parameters),
): readonly KeyUse[] {
  const { decides, shadowing, buffers } = survey;
  const unexplained = new Set(decides.flatMap((count, entry) => (count > 0 || shadowing.has(entry) ? [] : [entry])));
  const modules = matchingBareModules(matcher, parameters, survey.siblings, unexplained);
  let names: readonly string[] | null = null;
  let suggestions = 0;
  return matcher.entries.map(({ key }, entry): KeyUse => {
    const count = decides[entry] ?? 0;
    const use = useOf();
    const asks = use === 'unmatched' && kindOfKey(key) === 'exact' && suggestions++ < MAX_SUGGESTIONS;
    const nearest = asks ? nearestName(key, (names ??= namesOf(parameters))) : null;
    return { entry, key, use, decides: count, shadowedBy: [...(shadowing.get(entry) ?? [])], nearest };

    function useOf(): KeyUse['use'] {
      if (count > 0) return 'decides';
      if (shadowing.has(entry)) return 'shadowed';
      if (modules.has(entry)) return 'no-weight';
      return buffers.has(entry) ? 'buffer' : 'unmatched';
    }
  });
}

/** Those of the entries that match a module without a `weight`: a container, the root (''), a stack of experts. */
function matchingBareModules(
  matcher: Matcher,
  parameters: readonly MatchedParameter[],
  siblings: readonly Siblings[],
  entries: ReadonlySet<number>,
): ReadonlySet<number> {
  const exact: Map<string, number> = new Map();
  let patterns = false;
  for (const entry of entries) {
    const key = matcher.entries[entry]?.key ?? '';
    if (kindOfKey(key) === 'regex') patterns = true;
    else if (key !== DEFAULT_KEY) exact.set(key, entry);
  }
  const found = new Set(keysOfContainers(exact, parameters));
  if (!patterns) return found;
  // A few patterns take less time than all of them, even if they have to be put together first.
  const matching = entries.size < FEW * matcher.entries.length ? matcher.matchingAmong(entries) : matcher.matching;
  for (const module of bareModules(siblings)) {
    for (const entry of matching(module)) if (entries.has(entry)) found.add(entry);
  }
  return found;
}

/** The entries of exact keys that a name begins with, up to a dot and not only up to `weight`; and of the root's name. */
function* keysOfContainers(
  keys: ReadonlyMap<string, number>,
  parameters: readonly MatchedParameter[],
): Generator<number, void> {
  const root = keys.get('');
  if (root !== undefined && parameters.length > 0) yield root;
  const lengths = new Set(Array.from(keys.keys(), ({ length }) => length));
  for (const length of lengths) {
    let last: string | null = null;
    for (const { name, module, parameter } of parameters) {
      if (name.charCodeAt(length) !== DOT || (parameter === 'weight' && module.length === length)) continue;
      // Neighbours lie in one container, and a comparison costs less than a look-up.
      if (last !== null && name.startsWith(last)) continue;
      last = name.slice(0, length + 1);
      const entry = keys.get(last.slice(0, length));
      if (entry !== undefined) yield entry;
    }
  }
}

/** Modules that the names imply and that own no `weight`, and perhaps a few more. */
function bareModules(siblings: readonly Siblings[]): ReadonlySet<string> {
  const modules: Set<string> = new Set(['']);
  const bare: Map<Family, readonly string[]> = new Map();
  for (const { front, family } of siblings) {
    let name = front.slice(0, -1);
    // Once a module is known, so are all that contain it.
    for (let level = 0; level < MAX_LEVELS && !modules.has(name); level++) {
      modules.add(name);
      name = parentOf(name);
    }
    let without = bare.get(family);
    if (without === undefined) bare.set(family, (without = withoutWeight(family)));
    for (const own of without) modules.add(front + own);
  }
  return modules;
}

/** Modules of a family that own no `weight`, without what their names begin with. */
function withoutWeight({ members }: Family): readonly string[] {
  const weighed = new Set(members.flatMap(({ own, parameter }) => (parameter === 'weight' ? [own] : [])));
  return [...new Set(members.flatMap(({ own }) => (weighed.has(own) ? [] : [own])))];
}

function parentOf(module: string): string {
  return module.slice(0, Math.max(0, module.lastIndexOf('.')));
}

/** What an exact key may name so that it decides something: parameters, and modules with a `weight`. */
function namesOf(parameters: readonly MatchedParameter[]): readonly string[] {
  const names: string[] = [];
  for (const { name, module, parameter, kind } of parameters) {
    if (kind === 'buffer') continue;
    if (parameter === 'weight') names.push(module);
    names.push(name);
  }
  return names;
}
