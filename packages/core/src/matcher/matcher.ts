import type { ParameterInfo } from '../tensor.ts';
import { recipeError } from '../recipe/problem.ts';
import { brokenKey, indexKeys, kindOfKey, type MatcherEntry } from './key-index.ts';
import type { PatternOptions } from './patterns.ts';
import type { LosingKey, Resolution, Tier } from './resolution.ts';
import { BUFFER, NO_KEY, verdictsOf, type Verdict } from './verdicts.ts';

/** What the matcher looks at: names and the kind of the owning module, never shapes or values. */
export type MatchedParameter = Pick<ParameterInfo, 'name' | 'module' | 'parameter' | 'kind'>;

/** A recipe, or its entries alone. */
export type MatcherSource<Entry extends MatcherEntry> = readonly Entry[] | { readonly entries: readonly Entry[] };

/** Options of `createMatcher`. */
export interface MatcherOptions extends PatternOptions {
  /**
   * What to do with a `re:` key that is no valid pattern, or one that is not supported.
   *
   * - `refuse` (default): `createMatcher` throws. A broken pattern is bad input, found before anything runs.
   * - `raise`: as Python, which compiles a pattern when a name first reaches it. `resolve` throws for each name that no
   *   key before the broken one decides; it never goes on to a later key or `_default`.
   */
  readonly brokenPatterns?: 'refuse' | 'raise';
}

/** Answers, for each parameter of a model, which key of a recipe decides. Asking it changes nothing that a caller can see. */
export interface Matcher<Entry extends MatcherEntry = MatcherEntry> {
  readonly entries: readonly Entry[];
  /** Entries whose pattern is broken and why; empty unless `brokenPatterns` is `raise`. */
  readonly broken: ReadonlyMap<number, Error>;
  /**
   * The verdict on one parameter. Equal verdicts are one object.
   *
   * @throws InvalidRecipeError when the search reaches a broken pattern.
   */
  readonly resolve: (parameter: MatchedParameter) => Resolution;
  /** The other keys that match the parameter or its module, in the order in which they would have been asked. */
  readonly losers: (parameter: MatchedParameter) => readonly LosingKey[];
  /** Indexes of the entries, ascending, whose key names or fully matches this name; `_default` matches no name. */
  readonly matching: (name: string) => readonly number[];
  /** `matching` for some entries only, at the cost of those alone. Broken patterns match nothing. */
  readonly matchingAmong: (chosen: Iterable<number>) => (name: string) => readonly number[];
}

/**
 * Makes a matcher from a recipe, or from any ordered keys with a config or null: configs are only compared with null.
 *
 * Per parameter p of module m the first that applies decides, whatever the order of the keys of different kinds:
 * (1) the key p; (2) the key m, which gives its config to `weight` and leaves m's other parameters alone; (3) the first
 * `re:` key that fully matches p; (4) the first `re:` key that fully matches m, speaking like (2); (5) `_default`, for
 * the `weight` of linear modules. A null ends the search. Patterns are Python's (`re.fullmatch`).
 *
 * @throws InvalidRecipeError for a key given twice, and (see `brokenPatterns`) listing every pattern that cannot be used.
 * @example
 * ```ts
 * const matcher = createMatcher([{ key: 're:.*q_proj', config: 'slow' }, { key: 'lm_head', config: null }]);
 * matcher.resolve({ name: 'lm_head.weight', module: 'lm_head', parameter: 'weight', kind: 'linear' }).outcome; // 'null-config'
 * ```
 */
export function createMatcher<Entry extends MatcherEntry>(
  recipe: MatcherSource<Entry>,
  options: MatcherOptions = {},
): Matcher<Entry> {
  const entries = isList(recipe) ? recipe : recipe.entries;
  const { exact, defaultEntry, broken, firstRegex, everyRegex } = indexKeys(entries, options);
  if (broken.size > 0 && options.brokenPatterns !== 'raise') {
    throw recipeError(Array.from(broken, ([entry, error]) => brokenKey(entries[entry]?.key ?? '', error)));
  }
  const verdict = verdictsOf(entries);
  // The parameters of a module stand side by side in a checkpoint. A Map of all modules would cost more than it saves:
  // asking the patterns about a name takes about as long as looking the name up.
  let lastModule: string | null = null;
  let lastVerdict: Verdict | undefined;

  function moduleRegexVerdict(module: string): Verdict | undefined {
    if (module !== lastModule) {
      const regex = firstRegex(module);
      lastVerdict = regex === -1 ? undefined : verdict('module-regex', regex);
      lastModule = module;
    }
    return lastVerdict;
  }

  function resolve({ name, module, parameter, kind }: MatchedParameter): Resolution {
    if (kind === 'buffer') return BUFFER;
    if (exact.size > 0) {
      const own = exact.get(name);
      if (own !== undefined) return verdict('parameter', own).weight;
      const ofModule = exact.get(module);
      if (ofModule !== undefined) return spoken(verdict('module', ofModule), parameter);
    }
    const regex = firstRegex(name);
    if (regex !== -1) return verdict('parameter-regex', regex).weight;
    const ofModule = moduleRegexVerdict(module);
    if (ofModule !== undefined) return spoken(ofModule, parameter);
    if (defaultEntry === -1 || kind !== 'linear' || parameter !== 'weight') return NO_KEY;
    return verdict('default', defaultEntry).weight;
  }

  function matching(name: string): readonly number[] {
    const found = everyRegex(name);
    const entry = exact.get(name);
    return entry === undefined ? found : [...found, entry].sort((left, right) => left - right);
  }

  function losers(matched: MatchedParameter): readonly LosingKey[] {
    if (matched.kind === 'buffer') return [];
    const winner = resolve(matched).entry;
    const tiers: Map<number, Tier> = new Map();
    const add = (entry: number, tier: Tier): void => {
      // A pattern may match both names; it is asked about the parameter first.
      if (entry !== winner && !tiers.has(entry)) tiers.set(entry, tier);
    };
    for (const [name, ownExact, ownRegex] of [
      [matched.name, 'parameter', 'parameter-regex'],
      [matched.module, 'module', 'module-regex'],
    ] as const) {
      for (const entry of matching(name)) add(entry, exact.get(name) === entry ? ownExact : ownRegex);
    }
    if (defaultEntry !== -1 && matched.kind === 'linear' && matched.parameter === 'weight')
      add(defaultEntry, 'default');
    const order: readonly Tier[] = ['parameter', 'module', 'parameter-regex', 'module-regex', 'default'];
    return Array.from(tiers, ([entry, tier]) => ({ entry, tier })).sort(
      (left, right) => order.indexOf(left.tier) - order.indexOf(right.tier) || left.entry - right.entry,
    );
  }

  function matchingAmong(chosen: Iterable<number>): (name: string) => readonly number[] {
    const kept = Array.from(chosen).filter((entry) => entries[entry] !== undefined && !broken.has(entry));
    const index = indexKeys(
      kept.map((entry) => ({ key: entries[entry]?.key ?? '', config: null })),
      options,
    );
    const hasRegex = kept.some((entry) => kindOfKey(entries[entry]?.key ?? '') === 'regex');
    return (name) => {
      const own = index.exact.get(name);
      const found = hasRegex ? index.everyRegex(name) : NO_ENTRIES;
      if (own === undefined && found.length === 0) return NO_ENTRIES;
      return (own === undefined ? found : [...found, own]).map((at) => kept[at] ?? -1);
    };
  }

  return { entries, broken, resolve, losers, matching, matchingAmong };
}

const NO_ENTRIES: readonly number[] = [];

function isList<Entry extends MatcherEntry>(recipe: MatcherSource<Entry>): recipe is readonly Entry[] {
  return Array.isArray(recipe);
}

/** What a module's key says to one of its parameters. */
function spoken({ weight, others }: Verdict, parameter: string): Resolution {
  return parameter === 'weight' ? weight : others;
}
