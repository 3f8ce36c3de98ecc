import type { Alphabet } from './alphabet.ts';
import type { Assertion } from './expression.ts';
import type { Meter } from './meter.ts';
import { ACCEPT, ASSERT, ASSERTIONS, CHAR, type Nfa, SPLIT } from './nfa.ts';

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

/** What a remembered closure takes besides its nodes, roughly. */
const CLOSURE_BYTES = 100;

/** Where the automaton can be: nodes, and what assertions among them need to know. */
export interface Subset {
  readonly nodes: readonly number[] | Int32Array;
  readonly context: number;
}

/** The subset construction: steps from one set of nodes to the next, without remembering any. */
export class Subsets {
  /** Column of each class; classes that no set of the automaton tells apart share one. */
  readonly columns: Int32Array;
  /** Number of columns. */
  readonly width: number;
  readonly #nfa: Nfa;
  readonly #words: WordFlags;
  readonly #meter: Meter;
  /** Whether all accepted items are wanted, or only the lowest. */
  readonly #all: boolean;
  /** Per set, per column: whether the set holds it. */
  readonly #holds: Map<number, Uint8Array> = new Map();
  /** A class of each column, to look up word flags. */
  readonly #sample: number[] = [];
  #closures: Map<number, readonly number[]> = new Map();
  readonly #mark: Uint32Array;
  #stamp = 0;
  /** Like `#mark`, for closures, which are made while a step is under way. */
  readonly #seen: Uint32Array;
  #seenStamp = 0;

  constructor(nfa: Nfa, alphabet: Alphabet, words: WordFlags, meter: Meter, all: boolean) {
    this.#nfa = nfa;
    this.#words = words;
    this.#meter = meter;
    this.#all = all;
    this.#mark = new Uint32Array(nfa.kind.length);
    this.#seen = new Uint32Array(nfa.kind.length);
    this.columns = new Int32Array(alphabet.size);
    this.width = this.#makeColumns(alphabet);
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
      this.columns[c] = column;
    });
    for (const set of sets) {
      const holds = new Uint8Array(columns.size);
      for (const c of alphabet.classesOf(set)) holds[this.columns[c] ?? 0] = 1;
      this.#holds.set(set, holds);
    }
    return columns.size;
  }

  /** Forgets what can be computed again. */
  forget(): void {
    this.#closures = new Map();
  }

  /** Nodes reached without reading, assertions not crossed. */
  #closure(from: number): readonly number[] {
    let known = this.#closures.get(from);
    if (!known) {
      const { kind, a, b } = this.#nfa;
      const out: number[] = [];
      const seen = this.#seen;
      const stamp = ++this.#seenStamp;
      const stack = [from];
      let met = 0;
      for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
        if (seen[node] === stamp) continue;
        seen[node] = stamp;
        met++;
        if (kind[node] === SPLIT) stack.push(b[node] ?? 0, a[node] ?? 0);
        else out.push(node);
      }
      this.#meter.spend(met);
      known = out;
      this.#meter.reserve(8 * out.length + CLOSURE_BYTES);
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
  #expand({ nodes, context }: Subset, column: number): readonly number[] | Int32Array {
    const { kind, a, b } = this.#nfa;
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

  #contextAfter(column: number): number {
    const sample = this.#sample[column] ?? 0;
    return (
      (this.#words.unicode[sample] === 1 ? AFTER_WORD : 0) | (this.#words.ascii[sample] === 1 ? AFTER_ASCII_WORD : 0)
    );
  }

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

  /** The subset before anything is read, or the item that has already won. */
  start(): Subset | number {
    return this.#reduce(this.#closure(this.#nfa.start), AT_START);
  }

  /** The subset after reading `column`, or the item that wins whatever follows. */
  step(from: Subset, column: number): Subset | number {
    return this.#reduce(this.#move(this.#expand(from, column), column), this.#contextAfter(column));
  }

  /** The items that are accepted when the string ends here, in order. */
  accepted(from: Subset): readonly number[] {
    const { kind, a } = this.#nfa;
    const found: number[] = [];
    for (const node of this.#expand(from, -1)) if (kind[node] === ACCEPT) found.push(a[node] ?? 0);
    return found.sort((x, y) => x - y);
  }

  /** Drops the nodes that can no longer win. */
  #reduce(found: readonly number[], context: number): Subset | number {
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
        if (nodes.every((node) => (lowest[node] ?? 0) >= winner)) return winner;
      }
    }
    return { nodes, context: nodes.some((node) => kind[node] === ASSERT) ? context : 0 };
  }
}
