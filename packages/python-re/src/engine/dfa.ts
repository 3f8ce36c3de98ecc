import type { Assertion } from './arena.ts';
import type { Alphabet } from './alphabet.ts';
import { ACCEPT, ASSERT, ASSERTIONS, CHAR, type Nfa, SPLIT } from './nfa.ts';

/** Table entries: not computed yet, and no way to a match. Lower values mean that item `-3 - entry` has won. */
const UNKNOWN = -1;
const DEAD = -2;
const WON = -3;

/** Where a position lies, as far as assertions care. */
const AT_START = 1;
const AFTER_WORD = 2;
const AFTER_ASCII_WORD = 4;

/** Per class of the alphabet, whether it is a word character; only needed when the automaton asks. */
export interface WordFlags {
  readonly unicode: Uint8Array;
  readonly ascii: Uint8Array;
  /** Whether `\B` matches in the empty string. */
  readonly notEdgeInEmpty: boolean;
}

/** Counts the work done, and stops it when there is too much. */
export interface Meter {
  /** Adds to the work done; throws when the budget is exceeded. */
  readonly spend: (units: number) => void;
  /** Adds to the memory held by automaton states, in bytes; returns false when there is no more. */
  readonly reserve: (bytes: number) => boolean;
}

/**
 * A deterministic automaton for the union of the items, built state by state as strings are read. Only classes of
 * characters that its sets tell apart have a column.
 */
export class LazyDfa {
  readonly #nfa: Nfa;
  readonly #words: WordFlags;
  readonly #meter: Meter;
  /** Whether all accepted items are wanted, or only the lowest. */
  readonly #all: boolean;
  readonly #columns: Int32Array;
  readonly #width: number;
  /** Per set, per column: whether the set holds it. */
  readonly #holds: Map<number, Uint8Array> = new Map();
  /** A class of each column, to look up word flags. */
  readonly #sample: number[] = [];
  readonly #closures: Map<number, readonly number[]> = new Map();
  #table: Int32Array;
  #states: Int32Array[] = [];
  #contexts: number[] = [];
  #accepts: (readonly number[])[] = [];
  #index: Map<number, number[]> = new Map();
  #mark: Uint32Array;
  #stamp = 0;
  #reserved = 0;
  #start = 0;

  constructor(nfa: Nfa, alphabet: Alphabet, words: WordFlags, meter: Meter, all: boolean) {
    this.#nfa = nfa;
    this.#words = words;
    this.#meter = meter;
    this.#all = all;
    this.#mark = new Uint32Array(nfa.kind.length);
    this.#columns = new Int32Array(alphabet.size);
    this.#width = this.#makeColumns(alphabet);
    this.#table = new Int32Array(this.#width * 8);
    this.#reset();
  }

  #makeColumns(alphabet: Alphabet): number {
    const { kind, a, b } = this.#nfa;
    const sets: Set<number> = new Set();
    let needsWords = false;
    for (let node = 0; node < kind.length; node++) {
      const set = a[node] ?? -1;
      if (kind[node] === CHAR && set >= 0) sets.add(set);
      if (kind[node] === ASSERT && (b[node] ?? 0) >= 2) needsWords = true;
    }
    const signatures: string[] = Array.from({ length: alphabet.size }, (_, c) =>
      needsWords ? `${this.#words.unicode[c] ?? 0}${this.#words.ascii[c] ?? 0}` : '',
    );
    for (const set of sets) for (const c of alphabet.classesOf(set)) signatures[c] = `${signatures[c] ?? ''},${set}`;
    const columns: Map<string, number> = new Map();
    signatures.forEach((signature, c) => {
      let column = columns.get(signature);
      if (column === undefined) {
        column = columns.size;
        columns.set(signature, column);
        this.#sample.push(c);
      }
      this.#columns[c] = column;
    });
    for (const set of sets) {
      const holds = new Uint8Array(columns.size);
      for (const c of alphabet.classesOf(set)) holds[this.#columns[c] ?? 0] = 1;
      this.#holds.set(set, holds);
    }
    return columns.size;
  }

  #reset(): void {
    this.#states = [];
    this.#contexts = [];
    this.#accepts = [];
    this.#index = new Map();
    this.#meter.reserve(-this.#reserved);
    this.#reserved = 0;
    const entry = this.#stateOf(this.#closure(this.#nfa.start), AT_START);
    this.#start = entry;
  }

  /** Nodes reached without reading, assertions not crossed. */
  #closure(from: number): readonly number[] {
    let known = this.#closures.get(from);
    if (!known) {
      const { kind, a, b } = this.#nfa;
      const out: number[] = [];
      const seen: Set<number> = new Set();
      const stack = [from];
      for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
        if (seen.has(node)) continue;
        seen.add(node);
        if (kind[node] === SPLIT) stack.push(b[node] ?? 0, a[node] ?? 0);
        else out.push(node);
      }
      this.#meter.spend(seen.size);
      known = out;
      this.#closures.set(from, known);
    }
    return known;
  }

  #holdsAt(assertion: Assertion | undefined, context: number, column: number): boolean {
    const atEnd = column < 0;
    const sample = this.#sample[column] ?? 0;
    const edge = (flags: Uint8Array, bit: number): boolean => (context & bit) > 0 !== (!atEnd && flags[sample] === 1);
    const empty = atEnd && (context & AT_START) > 0;
    switch (assertion) {
      case 'start':
        return (context & AT_START) > 0;
      case 'end':
        return atEnd;
      case 'wordEdge':
        return edge(this.#words.unicode, AFTER_WORD);
      case 'asciiEdge':
        return edge(this.#words.ascii, AFTER_ASCII_WORD);
      case 'notWordEdge':
        return !edge(this.#words.unicode, AFTER_WORD) && (!empty || this.#words.notEdgeInEmpty);
      case 'notAsciiEdge':
        return !edge(this.#words.ascii, AFTER_ASCII_WORD) && (!empty || this.#words.notEdgeInEmpty);
      case undefined:
        return false;
    }
  }

  /** The nodes of a state once the next character (`column`, or -1 for the end) decides its assertions. */
  #expand(state: number, column: number): readonly number[] | Int32Array {
    const { kind, a, b } = this.#nfa;
    const nodes = this.#states[state] ?? [];
    const context = this.#contexts[state] ?? 0;
    if (!nodes.some((node) => kind[node] === ASSERT)) return nodes;
    const out: number[] = [];
    const seen: Set<number> = new Set();
    const stack = [...nodes];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      if (kind[node] !== ASSERT) out.push(node);
      else if (this.#holdsAt(ASSERTIONS[b[node] ?? 0], context, column)) stack.push(...this.#closure(a[node] ?? 0));
    }
    this.#meter.spend(seen.size);
    return out;
  }

  #after(column: number): number {
    const sample = this.#sample[column] ?? 0;
    return (
      (this.#words.unicode[sample] === 1 ? AFTER_WORD : 0) | (this.#words.ascii[sample] === 1 ? AFTER_ASCII_WORD : 0)
    );
  }

  /** The nodes after reading `column` in `state`. */
  #move(nodes: readonly number[] | Int32Array, column: number): number[] {
    const { kind, a, b } = this.#nfa;
    const stamp = ++this.#stamp;
    const out: number[] = [];
    for (const node of nodes) {
      if (kind[node] !== CHAR || this.#holds.get(a[node] ?? -1)?.[column] !== 1) continue;
      for (const target of this.#closure(b[node] ?? 0)) {
        if (this.#mark[target] === stamp) continue;
        this.#mark[target] = stamp;
        out.push(target);
      }
    }
    this.#meter.spend(nodes.length + out.length + 1);
    return out;
  }

  /** Drops what can no longer win, and returns the table entry for the set of nodes. */
  #stateOf(found: readonly number[], context: number): number {
    const { kind, lowest, universal } = this.#nfa;
    let nodes = found;
    if (!this.#all) {
      let winner = Infinity;
      for (const node of nodes) {
        const item = universal[node] ?? -1;
        if (item >= 0 && item < winner) winner = item;
      }
      if (winner < Infinity) {
        nodes = nodes.filter((node) => (lowest[node] ?? 0) <= winner);
        if (nodes.every((node) => (lowest[node] ?? 0) >= winner)) return WON - winner;
      }
    }
    if (nodes.length === 0) return DEAD;
    const asks = nodes.some((node) => kind[node] === ASSERT);
    return this.#remember(Int32Array.from(nodes).sort(), asks ? context : 0);
  }

  #remember(nodes: Int32Array, context: number): number {
    let hash = context;
    for (const node of nodes) hash = (Math.imul(hash, 31) + node) | 0;
    const bucket = this.#index.get(hash);
    for (const state of bucket ?? []) {
      const known = this.#states[state] ?? nodes;
      if (known.length !== nodes.length || this.#contexts[state] !== context) continue;
      if (known.every((node, i) => node === nodes[i])) return state * this.#width;
    }
    const state = this.#states.length;
    this.#states.push(nodes);
    this.#contexts.push(context);
    if (bucket) bucket.push(state);
    else this.#index.set(hash, [state]);
    const size = (state + 1) * this.#width;
    if (size > this.#table.length) {
      const larger = new Int32Array(size * 2);
      larger.set(this.#table);
      this.#table = larger;
    }
    this.#table.fill(UNKNOWN, state * this.#width, size);
    this.#reserved += 4 * (this.#width + nodes.length) + 100;
    return state * this.#width;
  }

  #compute(entry: number, column: number): number {
    const state = entry / this.#width;
    const next = this.#stateOf(this.#move(this.#expand(state, column), column), this.#after(column));
    this.#table[entry + column] = next;
    return next;
  }

  #acceptedAt(entry: number): readonly number[] {
    const state = entry / this.#width;
    let items = this.#accepts[state];
    if (!items) {
      const { kind, a } = this.#nfa;
      const found: number[] = [];
      for (const node of this.#expand(state, -1)) if (kind[node] === ACCEPT) found.push(a[node] ?? 0);
      items = found.sort((x, y) => x - y);
      this.#accepts[state] = items;
    }
    return items;
  }

  /**
   * Reads `text` from `from` to `to` (classes of the alphabet) and returns the lowest item that matches all of it, or
   * -1. Anchors see `from` as the start of the string.
   */
  first(text: Int32Array, from: number, to: number): number {
    const entry = this.#run(text, from, to);
    if (entry >= 0) return this.#acceptedAt(entry)[0] ?? -1;
    return entry <= WON ? WON - entry : -1;
  }

  /** Like `first`, but returns every item that matches, in order. */
  every(text: Int32Array, from: number, to: number): readonly number[] {
    const entry = this.#run(text, from, to);
    return entry >= 0 ? this.#acceptedAt(entry) : [];
  }

  #run(text: Int32Array, from: number, to: number): number {
    const columns = this.#columns;
    let table = this.#table;
    let entry = this.#start;
    for (let i = from; entry >= 0 && i < to; i++) {
      const column = columns[text[i] ?? 0] ?? 0;
      const next = table[entry + column] ?? UNKNOWN;
      if (next !== UNKNOWN) entry = next;
      else {
        entry = this.#compute(entry, column);
        table = this.#table;
      }
    }
    return entry;
  }
}
