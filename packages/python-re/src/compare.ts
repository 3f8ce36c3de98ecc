import { wordRanges } from './charset/categories.ts';
import { contains, NOTHING, type Ranges } from './charset/ranges.ts';
import { Alphabet, partitionCost } from './engine/alphabet.ts';
import { Arena, type Re } from './engine/arena.ts';
import { Meter, OutOfWork } from './engine/meter.ts';
import { buildNfa } from './engine/nfa.ts';
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
  if (partitionCost(arena.sets) > MAX_PARTITION) return undefined;
  try {
    return search(arena, items, left, new Meter(work, Infinity), (accepted) => {
      const [inLeft, inRight, counts] = conjunctions.map((terms) =>
        terms.every(({ item, negated }) => accepted.has(item) !== negated),
      );
      return counts !== false && wanted(inLeft === true, inRight === true);
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

/** Breadth first over the subset construction of all items, so that the first string found is a shortest one. */
function search(
  arena: Arena,
  items: readonly Re[],
  { settings: { version } }: Pattern,
  meter: Meter,
  wanted: (accepted: ReadonlySet<number>) => boolean,
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
  const seen: Set<string> = new Set();
  const steps: Step[] = [];
  const visit = (subset: Subset | number, from: number, column: number): boolean => {
    if (typeof subset === 'number') return false;
    const identity = `${subset.context}:${[...subset.nodes].sort((a, b) => a - b).join()}`;
    if (seen.has(identity)) return false;
    seen.add(identity);
    steps.push({ subset, from, column });
    return wanted(new Set(subsets.accepted(subset)));
  };
  if (visit(subsets.start(), -1, -1)) return '';
  // `steps` grows while it is read.
  for (let at = 0; at < steps.length; at++) {
    const step = steps[at];
    if (step === undefined || step.subset.nodes.length === 0) continue;
    for (let column = 0; column < subsets.width; column++) {
      if (visit(subsets.step(step.subset, column), at, column)) return spell(steps, alphabet, subsets.columns);
    }
  }
  return null;
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
