import {
  createMatcher,
  kindOfKey,
  REGEX_PREFIX,
  rememberFamilies,
  type Matcher,
  type MatcherEntry,
  type Siblings,
} from '@fewbit/core';
import { compile, escape, PythonReError, type Pattern } from '@fewbit/python-re';
import type { LintContext, LintKey } from '../context.ts';
import { nameKinds } from './name-kinds.ts';
import { leadingNames } from './names.ts';
import { plainEnds } from './plain-ends.ts';

/** Another spelling of a key that matches nothing, and what it would match. */
export interface Alternative {
  readonly change: 'prefix' | 'regex' | 'glob' | 'search-end' | 'search-start' | 'search-both' | 'split-fused';
  readonly key: string;
  /** A name that it matches. */
  readonly example: string;
  /** True when the recipe has this key already. */
  readonly taken: boolean;
}

/** A key that matches nothing in the model, with the spellings of it that match something. */
export interface DeadKey extends LintKey {
  readonly alternatives: readonly Alternative[];
}

// A recipe for another model has only dead keys. The first few show what is wrong with all.
const MOST_EXAMINED = 20;

const known: WeakMap<LintContext, readonly DeadKey[]> = new WeakMap();

/** The keys that match nothing; without a model, none is known to. Only for the first of them spellings are tried. */
export function deadKeys(context: LintContext): readonly DeadKey[] {
  let found = known.get(context);
  if (found === undefined) {
    found = findDeadKeys(context);
    known.set(context, found);
  }
  return found;
}

/** The cause that all findings about a dead key share. */
export function deadCause(entry: number): string {
  return `dead:${entry}`;
}

function findDeadKeys({ keys, model, pythonVersion }: LintContext): readonly DeadKey[] {
  if (model === null) return [];
  const dead = model.uses.flatMap(({ use, entry }) => (use === 'unmatched' ? (keys[entry] ?? []) : []));
  const named = dead.filter(({ kind }) => kind !== 'default');
  if (named.length === 0) return [];
  const written = new Set(keys.map(({ key }) => key));
  const prefixes = leadingNames(model.parameters);
  const trials = named
    .slice(0, MOST_EXAMINED)
    .flatMap((key) => spellings(key, prefixes).map((trial) => ({ key, ...trial })));
  const kinds = nameKinds(model.samples);
  const fronts: Map<string, string> = new Map();
  const usable = trials.filter(({ spelling }) => {
    const form = formOf(spelling, pythonVersion);
    if (form === null) return false;
    const ends = form === 'exact' ? { start: spelling, end: spelling } : plainEnds(form);
    fronts.set(spelling, ends.start);
    return form === 'exact' || kinds.mayHave(ends);
  });
  const distinct = [...new Set(usable.map(({ spelling }) => spelling))];
  const hits: number[] = distinct.map(() => 0);
  const examples: string[] = [];
  const options = pythonVersion === undefined ? {} : { pythonVersion };
  const matcherOf = (spelled: readonly number[]): Matcher =>
    createMatcher(
      spelled.map((at): MatcherEntry => ({ key: distinct[at] ?? '', config: null })),
      options,
    );
  const hit = (at: number, name: string): void => {
    hits[at] = (hits[at] ?? 0) + 1;
    examples[at] ??= name;
  };
  // What is open in front has to look at every character of every name, and is as well tried on some of each kind.
  const open = distinct.flatMap((spelling, at) => (spelling.startsWith(`${REGEX_PREFIX}.*`) ? [at] : []));
  const others = distinct.flatMap((spelling, at) => (spelling.startsWith(`${REGEX_PREFIX}.*`) ? [] : [at]));
  if (others.length > 0) {
    const matcher = matcherOf(others);
    const mayBegin = beginsLikeOne(others.map((at) => fronts.get(distinct[at] ?? '') ?? ''));
    const once = rememberFamilies<readonly Hit[]>(matcher);
    for (const siblings of model.siblings) {
      if (!mayBegin(siblings.front)) continue;
      for (const { trial, end } of once(siblings, () => hitsIn(siblings, matcher)))
        hit(others[trial] ?? -1, siblings.front + end);
    }
  }
  if (open.length > 0) {
    const matcher = matcherOf(open);
    for (const name of model.samples) for (const trial of matcher.matching(name)) hit(open[trial] ?? -1, name);
  }
  const index = new Map(distinct.map((spelling, at) => [spelling, at]));
  return named.map((key) => ({
    ...key,
    pattern: key.pattern,
    alternatives: usable.flatMap(({ key: { entry }, change, spelling }) => {
      const at = index.get(spelling) ?? -1;
      const found = hits[at] ?? 0;
      return entry === key.entry && found > 0
        ? [{ change, key: spelling, example: examples[at] ?? '', taken: written.has(spelling) }]
        : [];
    }),
  }));
}

// A comparison costs a tenth of asking a matcher.
const MOST_FRONTS = 8;

/** Tells what a name that begins with one of these may begin with; anything, where the fronts are too many or one is empty. */
function beginsLikeOne(fronts: readonly string[]): (beginning: string) => boolean {
  const distinct = [...new Set(fronts)];
  if (distinct.length > MOST_FRONTS || distinct.includes('')) return () => true;
  return (beginning) => distinct.some((front) => beginning.startsWith(front) || front.startsWith(beginning));
}

/** One of the tried keys that matches a name. */
interface Hit {
  readonly trial: number;
  /** The name without what its siblings begin with. */
  readonly end: string;
}

/** By which of its names each of the siblings is matched: parameters, and modules with a `weight` of their own. */
function hitsIn({ front, family }: Siblings, matcher: Matcher): readonly Hit[] {
  return family.members.flatMap(({ own, rest, parameter, kind }) => {
    if (kind === 'buffer') return [];
    return (parameter === 'weight' ? [rest, own] : [rest]).flatMap((end) =>
      matcher.matching(front + end).map((trial): Hit => ({ trial, end })),
    );
  });
}

interface Spelling {
  readonly change: Alternative['change'];
  readonly spelling: string;
}

function spellings(key: LintKey, prefixes: readonly string[]): readonly Spelling[] {
  const source = key.kind === 'regex' ? key.key.slice(REGEX_PREFIX.length) : key.key;
  const own = key.kind === 'regex' ? patternSpellings(key, source, prefixes) : exactSpellings(source, prefixes);
  const seen: Set<string> = new Set([key.key]);
  // A component that is taken away and put back makes the same key in two ways.
  return [...own, ...splitFused(key.key)].filter(({ spelling }) => !seen.has(spelling) && seen.add(spelling));
}

function exactSpellings(key: string, prefixes: readonly string[]): readonly Spelling[] {
  const trials: Spelling[] = [];
  const misspelt = /^\s*re(?:gex)?\s*[:=]\s*/i.exec(key)?.[0];
  if (misspelt !== undefined)
    trials.push({ change: 'regex', spelling: `${REGEX_PREFIX}${key.slice(misspelt.length)}` });
  if (/[*+?[\](){}|\\^$]/.test(key)) {
    trials.push({ change: 'regex', spelling: `${REGEX_PREFIX}${key}` });
    trials.push({ change: 'glob', spelling: `${REGEX_PREFIX}${globPattern(key)}` });
  }
  for (const rest of withoutLeading(key, '.')) {
    trials.push(...['', ...prefixes].map((prefix): Spelling => ({ change: 'prefix', spelling: join(prefix, rest) })));
  }
  return trials;
}

function patternSpellings({ pattern }: LintKey, source: string, prefixes: readonly string[]): readonly Spelling[] {
  // Flags have to stand first, so nothing can be written before them.
  if (pattern?.syntax.flags !== 'u') return [];
  const group = pattern.syntax.root.kind === 'alt' ? `(?:${source})` : source;
  const bare = source.startsWith('^') ? source.slice(1) : group;
  const trials: Spelling[] = [];
  if (!bare.startsWith('.*')) {
    for (const rest of withoutLeading(bare, '\\.')) {
      for (const prefix of ['', ...prefixes]) {
        const spelling = prefix === '' ? rest : `${escape(prefix)}\\.${rest}`;
        trials.push({ change: 'prefix', spelling: `${REGEX_PREFIX}${spelling}` });
      }
    }
  }
  const [openFront, openBack] = [/^(?:\^|\.\*)/.test(source), source.endsWith('.*')];
  if (!openFront) {
    trials.push({ change: 'search-start', spelling: `${REGEX_PREFIX}.*${group}` });
    if (!openBack) trials.push({ change: 'search-both', spelling: `${REGEX_PREFIX}.*${group}.*` });
  }
  if (!openBack) trials.push({ change: 'search-end', spelling: `${REGEX_PREFIX}${group}.*` });
  return trials;
}

// A doubled or foreign prefix has one to three components.
const MOST_STRIPPED = 3;

/** The key itself, and the key without its first components, as long as these are plain words. */
function withoutLeading(key: string, dot: '.' | '\\.'): readonly string[] {
  const out = [key];
  let rest = key;
  for (let count = 0; count < MOST_STRIPPED; count++) {
    const at = rest.indexOf(dot);
    const next = at === -1 ? '' : rest.slice(at + dot.length);
    if (next === '' || !/^[a-z_]\w*$/i.test(rest.slice(0, at))) break;
    rest = next;
    // What is left has to begin with a word too: a wildcard would fit anything.
    if (/^\w/.test(rest)) out.push(rest);
  }
  return out;
}

function join(prefix: string, rest: string): string {
  return prefix === '' ? rest : `${prefix}.${rest}`;
}

/** As shells read it, except that a star stays in its component, as its author will have thought of layers. */
function globPattern(glob: string): string {
  return escape(glob).replaceAll('\\*', '[^.]*').replaceAll('\\?', '[^.]');
}

/** Modules that vLLM makes of several: the parts that a checkpoint has. */
const FUSED: readonly (readonly [fused: string, part: string])[] = [
  ['qkv_proj', 'q_proj'],
  ['gate_up_proj', 'gate_proj'],
  ['qkv', 'q'],
  ['w13', 'w1'],
];

function splitFused(key: string): readonly Spelling[] {
  return FUSED.flatMap(([fused, part]): Spelling[] => {
    const word = new RegExp(`(?<![A-Za-z0-9_])${fused}(?![A-Za-z0-9_])`);
    return word.test(key) ? [{ change: 'split-fused', spelling: key.replace(word, part) }] : [];
  });
}

/** A spelling's pattern, or that it has none; null when it is no key at all. */
function formOf(spelling: string, pythonVersion: LintContext['pythonVersion']): Pattern | 'exact' | null {
  if (kindOfKey(spelling) !== 'regex') return kindOfKey(spelling) === 'exact' && spelling !== '' ? 'exact' : null;
  try {
    return compile(spelling.slice(REGEX_PREFIX.length), pythonVersion === undefined ? {} : { version: pythonVersion });
  } catch (error) {
    if (error instanceof PythonReError) return null;
    throw error;
  }
}
