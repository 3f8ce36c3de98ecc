import { wordRanges } from './charset/categories.ts';
import { contains, NOTHING, type Ranges } from './charset/ranges.ts';
import { Alphabet, partitionCost } from './engine/alphabet.ts';
import { Arena } from './engine/arena.ts';
import type { Re } from './engine/expression.ts';
import { Meter, OutOfWork } from './engine/meter.ts';
import { ACCEPT, buildNfa, CHAR, type Nfa, SPLIT } from './engine/nfa.ts';
import { planKey } from './engine/plan.ts';
import { type Subset, Subsets } from './engine/subsets.ts';
import type { Pattern } from './pattern.ts';
import { unicodeTables } from './unicode/tables.ts';
import { versionRules } from './version.ts';

/** How a comparison is bounded, and which strings it is about. */
export interface CompareOptions {
  /** Only strings that this pattern matches in full count. Default: all strings without a newline. */
  readonly among?: Pattern;
  /** Units of work, about one per automaton node touched. Default 200 000, some milliseconds. */
  readonly work?: number;
}

/** An answer about all strings; `undecided` when the budget ran out, or a pattern has parts that no automaton knows. */
export type Answer = 'yes' | 'no' | 'undecided';

/** What was found out about two patterns, with a string as the proof where there is one. */
export interface Comparison {
  readonly answer: Answer;
  /** For `includes` with `no`: a string that only `inner` matches. For `overlaps` with `yes`: one that both match. */
  readonly example: string | null;
}

/** Telling characters apart costs too much beyond this. */
const MAX_PARTITION = 5_000_000;
const DEFAULT_WORK = 200_000;
/** Expressions are bits of a number. */
const MAX_ITEMS = 30;

/**
 * Whether every string that `inner` matches in full is matched by `outer` too. Strings with a newline are left out.
 *
 * @example
 * includes(compile('.*_proj'), compile('.*\\.[qk]_proj')).answer; // 'yes'
 */
export function includes(outer: Pattern, inner: Pattern, options?: CompareOptions): Comparison {
  const found = explore(outer, inner, options, (inOuter, inInner) => inInner && !inOuter);
  if (found === undefined) return { answer: 'undecided', example: null };
  return found === null ? { answer: 'yes', example: null } : { answer: 'no', example: found };
}

/** Whether any string is matched in full by both patterns. Strings with a newline are left out. */
export function overlaps(left: Pattern, right: Pattern, options?: CompareOptions): Comparison {
  const found = explore(left, right, options, (inLeft, inRight) => inLeft && inRight);
  if (found === undefined) return { answer: 'undecided', example: null };
  return found === null ? { answer: 'no', example: null } : { answer: 'yes', example: found };
}

/** A pattern as automata: it matches what all of `terms` say. */
type Conjunction = readonly { readonly item: number; readonly negated: boolean }[];

/** One of the shortest strings that is wanted, null when there is none, undefined when that was not found out. */
function explore(
  left: Pattern,
  right: Pattern,
  { among, work = DEFAULT_WORK }: CompareOptions = {},
  wanted: (inLeft: boolean, inRight: boolean) => boolean,
): string | null | undefined {
  const arena = new Arena();
  const items: Re[] = [];
  const conjunctions: Conjunction[] = [];
  for (const pattern of among === undefined ? [left, right] : [left, right, among]) {
    if (pattern.settings.version !== left.settings.version) return undefined;
    const plan = planKey(pattern.syntax.root, arena, left.settings.limits.nodes);
    if (plan.kind === 'verified') return undefined;
    const guards = plan.kind === 'guarded' ? plan.guards : [];
    conjunctions.push(
      [{ re: plan.re, negated: false }, ...guards].map(({ re, negated }) => ({ item: items.push(re) - 1, negated })),
    );
  }
  if (items.length > MAX_ITEMS || partitionCost(arena.sets) > MAX_PARTITION) return undefined;
  try {
    const holds = (terms: Conjunction | undefined, accepted: number): boolean =>
      terms === undefined || terms.every(({ item, negated }) => (accepted & (1 << item)) > 0 !== negated);
    return search(arena, items, left, new Meter(work, Infinity), {
      wanted: (accepted) =>
        holds(conjunctions[2], accepted) && wanted(holds(conjunctions[0], accepted), holds(conjunctions[1], accepted)),
      // Where one of these can no longer be accepted, nothing that is wanted comes any more.
      needed: conjunctions
        .filter((_, index) => index === 2 || wanted(index === 0, index === 1) || wanted(true, true))
        .flatMap((terms) => terms.filter(({ negated }) => !negated))
        .reduce((mask, { item }) => mask | (1 << item), 0),
    });
  } catch (error) {
    if (error instanceof OutOfWork) return undefined;
    throw error;
  }
}

/** How a state was first reached. */
interface Step {
  readonly subset: Subset;
  /** Index of the state before; -1 for the start. */
  readonly from: number;
  readonly column: number;
}

/** What a search is for; sets of items are bits of a number. */
interface Goal {
  readonly wanted: (accepted: number) => boolean;
  readonly needed: number;
}

/** Breadth first over the subset construction of all items, so that the first string found is a shortest one. */
function search(
  arena: Arena,
  items: readonly Re[],
  { settings: { version } }: Pattern,
  meter: Meter,
  { wanted, needed }: Goal,
): string | null {
  const tables = unicodeTables(version);
  const unicode = arena.usesEdges ? wordRanges(false, tables) : NOTHING;
  const ascii = arena.usesEdges ? wordRanges(true, tables) : NOTHING;
  arena.set(unicode);
  arena.set(ascii);
  const alphabet = new Alphabet(arena.sets);
  const words = {
    unicode: alphabet.flagsOf(unicode),
    ascii: alphabet.flagsOf(ascii),
    notEdgeInEmpty: versionRules(version).notBoundaryMatchesEmpty,
  };
  const nfa = buildNfa(
    items.map((re, key) => ({ re, key })),
    arena,
  );
  const subsets = new Subsets(nfa, alphabet, words, meter, true);
  const reachable = itemsReachable(nfa);
  const seen: Set<string> = new Set();
  const steps: Step[] = [];
  const visit = (subset: Subset | number, from: number, column: number): boolean => {
    if (typeof subset === 'number') return false;
    let open = 0;
    for (const node of subset.nodes) open |= reachable[node] ?? 0;
    if ((open & needed) !== needed) return false;
    const identity = `${subset.context}:${Int32Array.from(subset.nodes).sort().join()}`;
    if (seen.has(identity)) return false;
    seen.add(identity);
    steps.push({ subset, from, column });
    return wanted(subsets.accepted(subset).reduce((mask, item) => mask | (1 << item), 0));
  };
  if (visit(subsets.start(), -1, -1)) return '';
  // `steps` grows while it is read.
  for (let at = 0; at < steps.length; at++) {
    const step = steps[at];
    if (step === undefined) continue;
    for (let column = 0; column < subsets.width; column++) {
      if (visit(subsets.step(step.subset, column), at, column)) return spell(steps, alphabet, subsets.columns);
    }
  }
  return null;
}

/** Per node: the items that can still be accepted from it. */
function itemsReachable({ kind, a, b }: Nfa): Int32Array {
  const reachable = new Int32Array(kind.length);
  // Nodes come after those that they lead to, except where a repeat leads back.
  for (let changed = true; changed;) {
    changed = false;
    for (let node = 0; node < kind.length; node++) {
      const [first, second] = [a[node] ?? -1, b[node] ?? -1];
      const ahead = kind[node] === ACCEPT ? 1 << first : itemsAhead(kind[node], reachable[first], reachable[second]);
      if (ahead === reachable[node]) continue;
      reachable[node] = ahead;
      changed = true;
    }
  }
  return reachable;
}

function itemsAhead(kind: number | undefined, first = 0, second = 0): number {
  if (kind === CHAR) return second;
  return kind === SPLIT ? first | second : first;
}

/** The string that leads to the last step. */
function spell(steps: readonly Step[], alphabet: Alphabet, columns: Int32Array): string {
  const out: string[] = [];
  for (let step = steps.at(-1); step !== undefined && step.from >= 0; step = steps[step.from]) {
    const { column } = step;
    const classes = [...columns.keys()].filter((each) => columns[each] === column);
    out.push(String.fromCodePoint(readable(classes.map((each) => alphabet.rangesOf(each)))));
  }
  return out.reverse().join('');
}

// What reads best in an example of a name, first of all.
const READABLE = Array.from('xa0_.', (character) => character.codePointAt(0) ?? 0);

function readable(classes: readonly Ranges[]): number {
  const familiar = READABLE.find((code) => classes.some((set) => contains(set, code)));
  if (familiar !== undefined) return familiar;
  const visible = classes.find((set) => (set[1] ?? 0) > 0x21);
  return visible === undefined ? (classes[0]?.[0] ?? 0) : Math.max(visible[0] ?? 0, 0x21);
}
