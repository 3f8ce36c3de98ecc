import type { Alphabet } from './alphabet.ts';
import type { Meter, StateHolder } from './meter.ts';
import type { Nfa } from './nfa.ts';
import type { Subject } from './subject.ts';
import { type Subset, Subsets, type WordFlags } from './subsets.ts';
import { Trail } from './trail.ts';

/** Table entries: not computed yet, and no way to a match. Lower values mean that item `-3 - entry` has won. */
const UNKNOWN = -1;
const DEAD = -2;
const WON = -3;

/** What a state takes besides its nodes and its row, roughly. */
const STATE_BYTES = 150;
/** States that are met less often than this on average are not worth keeping. */
const WORTH = 10;
const NOTHING: readonly number[] = [];

/** A deterministic automaton for the union of the items, built state by state as strings are read. */
export class LazyDfa implements StateHolder {
  readonly #subsets: Subsets;
  readonly #meter: Meter;
  readonly #width: number;
  #table = new Int32Array(0);
  #states: Subset[] = [];
  #accepts: (readonly number[])[] = [];
  #index: Map<number, number[]> = new Map();
  #start = UNKNOWN;
  /** How often the states were forgotten. */
  #generation = 0;
  /** Characters read since then. */
  #read = 0;
  /** Whether states are not kept, because hardly any is met again. */
  #fleeting = false;
  readonly #trail = new Trail();

  constructor(nfa: Nfa, alphabet: Alphabet, words: WordFlags, meter: Meter, all: boolean) {
    this.#subsets = new Subsets(nfa, alphabet, words, meter, all);
    this.#meter = meter;
    this.#width = this.#subsets.width;
    meter.register(this);
  }

  forget(): void {
    if (this.#generation > 0 && this.#read < WORTH * this.#states.length) this.#fleeting = true;
    this.#generation++;
    this.#subsets.forget();
    this.#read = 0;
    this.#table = new Int32Array(0);
    this.#states = [];
    this.#accepts = [];
    this.#index = new Map();
    this.#start = UNKNOWN;
    this.#trail.forget();
  }

  /** The table entry for a subset. */
  #entryOf(subset: Subset | number): number {
    if (typeof subset === 'number') return WON - subset;
    if (subset.nodes.length === 0) return DEAD;
    const nodes = Int32Array.from(subset.nodes).sort();
    const { context } = subset;
    let hash = context;
    for (const node of nodes) hash = (Math.imul(hash, 31) + node) | 0;
    for (const state of this.#index.get(hash) ?? []) {
      if (this.#isState(state, nodes, context)) return state * this.#width;
    }
    this.#meter.reserve(4 * (this.#width + nodes.length) + STATE_BYTES);
    const state = this.#states.length;
    this.#states.push({ nodes, context });
    const bucket = this.#index.get(hash);
    if (bucket) bucket.push(state);
    else this.#index.set(hash, [state]);
    const size = (state + 1) * this.#width;
    if (size > this.#table.length) {
      const larger = new Int32Array(size * 2);
      larger.set(this.#table);
      this.#table = larger;
    }
    this.#table.fill(UNKNOWN, state * this.#width, size);
    return state * this.#width;
  }

  #isState(state: number, nodes: Int32Array, context: number): boolean {
    const known = this.#states[state];
    if (known?.nodes.length !== nodes.length || known.context !== context) return false;
    for (let i = 0; i < nodes.length; i++) if (known.nodes[i] !== nodes[i]) return false;
    return true;
  }

  #compute(entry: number, column: number): number {
    const state = this.#states[entry / this.#width];
    if (!state) throw new RangeError('Unexpected automaton state');
    const generation = this.#generation;
    const next = this.#entryOf(this.#subsets.step(state, column));
    if (generation === this.#generation) this.#table[entry + column] = next;
    return next;
  }

  #acceptedAt(entry: number): readonly number[] {
    const state = entry / this.#width;
    let items = this.#accepts[state];
    if (!items) {
      items = this.#subsets.accepted(this.#states[state] ?? { nodes: [], context: 0 });
      this.#accepts[state] = items;
    }
    return items;
  }

  /** Reads the subject from `from` on and returns the lowest item that matches all of it, or -1. Anchors see `from` as its start. */
  first(subject: Subject, from: number): number {
    if (this.#fleeting) return this.#simulate(subject, from)[0] ?? -1;
    const entry = this.#run(subject, from);
    if (entry >= 0) return this.#acceptedAt(entry)[0] ?? -1;
    return entry <= WON ? WON - entry : -1;
  }

  /** Like `first`, but returns every item that matches, in order. */
  every(subject: Subject, from: number): readonly number[] {
    if (this.#fleeting) return this.#simulate(subject, from);
    const entry = this.#run(subject, from);
    return entry >= 0 ? this.#acceptedAt(entry) : NOTHING;
  }

  /**
   * The state after what the subject has from `from` on, until the states are forgotten; negative when nothing can match any
   * more, and undefined when states are not kept. Only for an automaton that looks for every match.
   */
  stateAfter(subject: Subject, from: number): number | undefined {
    return this.#fleeting ? undefined : this.#run(subject, from);
  }

  #run(subject: Subject, from: number): number {
    const { classes, length } = subject;
    this.#meter.spend(length - from + 1);
    this.#read += length - from;
    const { columns } = this.#subsets;
    if (this.#start === UNKNOWN) this.#start = this.#entryOf(this.#subsets.start());
    const generation = this.#generation;
    let at = this.#trail.resume(subject, from);
    const { entries } = this.#trail;
    let entry = at === from ? this.#start : (entries[at] ?? DEAD);
    let table = this.#table;
    for (; entry >= 0 && at < length; entries[at] = entry) {
      const column = columns[classes[at++] ?? 0] ?? 0;
      const next = table[entry + column] ?? UNKNOWN;
      if (next !== UNKNOWN) entry = next;
      else {
        entry = this.#compute(entry, column);
        table = this.#table;
      }
    }
    // Entries from before the states were forgotten mean nothing any more.
    if (generation === this.#generation) this.#trail.keep(subject, at);
    return entry;
  }

  #simulate({ classes, length }: Subject, from: number): readonly number[] {
    const { columns } = this.#subsets;
    let subset = this.#subsets.start();
    for (let i = from; i < length && typeof subset !== 'number' && subset.nodes.length > 0; i++) {
      subset = this.#subsets.step(subset, columns[classes[i] ?? 0] ?? 0);
    }
    return typeof subset === 'number' ? [subset] : this.#subsets.accepted(subset);
  }
}
