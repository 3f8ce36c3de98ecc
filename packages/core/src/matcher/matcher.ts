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

/** One parameter's verdict and the keys beside the deciding one. */
export interface SurveyedParameter {
  readonly resolution: Resolution;
  readonly others: readonly number[];
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
  /**
   * The verdict, and in no order the other entries that speak for the parameter: those that match its name, those that
   * match its module when it is the module's `weight`, and `_default` where it reaches. On a buffer: all that match its name.
   *
   * @throws InvalidRecipeError as `resolve`, and when any pattern cannot be decided on the name.
   */
  readonly survey: (parameter: MatchedParameter) => SurveyedParameter;
  /**
   * A number for what may follow a beginning of names: after two beginnings with one number, the same rest makes names that the
   * same keys match, whatever the rest is, but for one with a newline. -1 where it is not told, as where an exact key begins so.
   */
  readonly classAfter: (beginning: string) => number;
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
  const keys = indexKeys(entries, options);
  const { exact, exactEntry, defaultEntry, broken, firstRegex, everyRegex } = keys;
  if (broken.size > 0 && options.brokenPatterns !== 'raise') {
    throw recipeError(Array.from(broken, ([entry, error]) => brokenKey(entries[entry]?.key ?? '', error)));
  }
  const saying = verdictsOf(entries);
  const firstOfModule = rememberLast(firstRegex, -1);
  const matchingModule = rememberLast(matching, NO_ENTRIES);
  const firstMatchingModule = (module: string): number => matchingModule(module)[0] ?? -1;

  /** Asks for the first `re:` key of a name only where no exact key decides. */
  function verdict(
    { name, module, parameter, kind }: MatchedParameter,
    regexOf: (name: string) => number,
    regexOfModule: (module: string) => number,
  ): Resolution {
    if (kind === 'buffer') return BUFFER;
    if (exact.size > 0) {
      const own = exactEntry(name);
      if (own !== undefined) return saying('parameter', own).weight;
      const ofModule = exactEntry(module);
      if (ofModule !== undefined) return spoken(saying('module', ofModule), parameter);
    }
    const regex = regexOf(name);
    if (regex !== -1) return saying('parameter-regex', regex).weight;
    const ofModule = regexOfModule(module);
    if (ofModule !== -1) return spoken(saying('module-regex', ofModule), parameter);
    if (defaultEntry === -1 || kind !== 'linear' || parameter !== 'weight') return NO_KEY;
    return saying('default', defaultEntry).weight;
  }

  function resolve(matched: MatchedParameter): Resolution {
    return verdict(matched, firstRegex, firstOfModule);
  }

  let inName: readonly number[] = NO_ENTRIES;
  const firstInName = (): number => inName[0] ?? -1;

  function survey(matched: MatchedParameter): SurveyedParameter {
    inName = matching(matched.name);
    // A broken pattern raises when the search reaches it, which what matches does not show.
    const resolution = broken.size > 0 ? resolve(matched) : verdict(matched, firstInName, firstMatchingModule);
    const { kind, module, parameter } = matched;
    const speaks = parameter === 'weight' && kind !== 'buffer';
    const inModule = speaks ? matchingModule(module) : NO_ENTRIES;
    const winner = resolution.entry;
    const reached = speaks && kind === 'linear' && defaultEntry !== -1 && defaultEntry !== winner;
    // Nearly always: at most one key matches, and it decides.
    if (!reached && only(inName, winner) && only(inModule, winner)) return undisputed(resolution);
    const others = [...inName, ...inModule].filter((entry) => entry !== winner);
    if (reached) others.push(defaultEntry);
    return { resolution, others };
  }

  // Neighbours share their verdict.
  let latest: SurveyedParameter = { resolution: NO_KEY, others: NO_ENTRIES };
  function undisputed(resolution: Resolution): SurveyedParameter {
    if (latest.resolution !== resolution) latest = { resolution, others: NO_ENTRIES };
    return latest;
  }

  function matching(name: string): readonly number[] {
    const found = everyRegex(name);
    const entry = exactEntry(name);
    if (entry === undefined) return found;
    return found.length === 0 ? [entry] : [...found, entry].sort((left, right) => left - right);
  }

  function classAfter(beginning: string): number {
    return broken.size > 0 || keys.beginsExact(beginning) ? -1 : keys.classAfter(beginning);
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
      for (const entry of matching(name)) add(entry, exactEntry(name) === entry ? ownExact : ownRegex);
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
      const own = index.exactEntry(name);
      const found = hasRegex ? index.everyRegex(name) : NO_ENTRIES;
      if (own === undefined && found.length === 0) return NO_ENTRIES;
      return (own === undefined ? found : [...found, own]).map((at) => kept[at] ?? -1);
    };
  }

  return { entries, broken, resolve, survey, classAfter, losers, matching, matchingAmong };
}

const NO_ENTRIES: readonly number[] = [];

/**
 * The parameters of a module stand side by side in a checkpoint. A Map of all modules would cost more than it saves: asking
 * the patterns about a name takes about as long as looking the name up.
 */
function rememberLast<T>(ask: (module: string) => T, initial: T): (module: string) => T {
  let last: string | null = null;
  let answer = initial;
  return (module) => {
    if (module !== last) {
      answer = ask(module);
      last = module;
    }
    return answer;
  };
}

function only(entries: readonly number[], entry: number): boolean {
  return entries.length === 0 || (entries.length === 1 && entries[0] === entry);
}

function isList<Entry extends MatcherEntry>(recipe: MatcherSource<Entry>): recipe is readonly Entry[] {
  return Array.isArray(recipe);
}

/** What a module's key says to one of its parameters. */
function spoken({ weight, others }: Verdict, parameter: string): Resolution {
  return parameter === 'weight' ? weight : others;
}
