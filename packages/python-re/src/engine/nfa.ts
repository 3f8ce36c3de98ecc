import type { Arena } from './arena.ts';
import type { Assertion, Re } from './expression.ts';

/** Kinds of NFA node; only `char`, `assert` and `accept` stay in a state, the others are followed at once. */
export const CHAR = 0;
export const SPLIT = 1;
export const ASSERT = 2;
export const ACCEPT = 3;

/** Nodes in parallel arrays; `a` and `b` are successors, set numbers or item numbers by kind. */
export interface Nfa {
  readonly start: number;
  readonly kind: readonly number[];
  /** CHAR: set number. SPLIT and ASSERT: successor. ACCEPT: item number. */
  readonly a: readonly number[];
  /** CHAR and SPLIT: successor. ASSERT: index in `ASSERTIONS`. */
  readonly b: readonly number[];
  /** Lowest item that can still be accepted from the node. */
  readonly lowest: readonly number[];
  /** For a CHAR node that loops over any character before accepting: the item, else -1. */
  readonly universal: readonly number[];
}

/** Assertions by the number that ASSERT nodes carry. */
export const ASSERTIONS: readonly Assertion[] = [
  'start',
  'end',
  'wordEdge',
  'notWordEdge',
  'asciiEdge',
  'notAsciiEdge',
];

/** One expression of a union and the number it accepts with. */
export interface Item {
  readonly re: Re;
  readonly key: number;
}

/** Expressions that begin alike share their beginning. */
interface Trie {
  readonly next: Map<Re, Trie>;
  readonly accepts: number[];
}

function buildTrie(items: readonly Item[]): Trie {
  const root: Trie = { next: new Map(), accepts: [] };
  for (const { re, key } of items) {
    let at = root;
    for (const element of re.op === 'cat' ? re.items : [re]) {
      let next = at.next.get(element);
      if (!next) {
        next = { next: new Map(), accepts: [] };
        at.next.set(element, next);
      }
      at = next;
    }
    at.accepts.push(key);
  }
  return root;
}

class Builder {
  readonly kind: number[] = [];
  readonly a: number[] = [];
  readonly b: number[] = [];
  readonly lowest: number[] = [];
  readonly universal: number[] = [];
  readonly #accepts: Map<number, number> = new Map();
  readonly #arena: Arena;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  #add(kind: number, a: number, b: number, lowest: number): number {
    const node = this.kind.length;
    this.kind.push(kind);
    this.a.push(a);
    this.b.push(b);
    this.lowest.push(lowest);
    this.universal.push(-1);
    return node;
  }

  #accept(key: number): number {
    let node = this.#accepts.get(key);
    if (node === undefined) {
      node = this.#add(ACCEPT, key, -1, key);
      this.#accepts.set(key, node);
    }
    return node;
  }

  #split(a: number, b: number): number {
    return this.#add(SPLIT, a, b, Math.min(this.lowest[a] ?? 0, this.lowest[b] ?? 0));
  }

  /** A node that matches `re` and goes on to `next`. */
  expression(re: Re, next: number): number {
    const lowest = this.lowest[next] ?? 0;
    switch (re.op) {
      case 'set':
        return this.#add(CHAR, re.set, next, lowest);
      case 'cat':
        return re.items.reduceRight((after, item) => this.expression(item, after), next);
      case 'or':
        return this.#choice(re.branches.map((branch) => this.expression(branch, next)));
      case 'assert':
        return this.#add(ASSERT, next, ASSERTIONS.indexOf(re.at), lowest);
      case 'repeat':
        return this.#repeat(re.body, re.min, re.max, next);
    }
  }

  /** A node that goes on to any of `nodes`; to none of them when the list is empty. */
  #choice(nodes: readonly number[]): number {
    const [first, ...rest] = nodes;
    if (first === undefined) return this.#add(CHAR, -1, -1, Infinity);
    return rest.reduce((a, b) => this.#split(a, b), first);
  }

  #repeat(body: Re, min: number, max: number, next: number): number {
    let node = next;
    if (max === Infinity) {
      const loop = this.#add(SPLIT, -1, next, this.lowest[next] ?? 0);
      const again = this.expression(body, loop);
      this.a[loop] = again;
      if (body === this.#arena.any && this.kind[next] === ACCEPT) this.universal[again] = this.a[next] ?? -1;
      node = loop;
    } else {
      for (let i = min; i < max; i++) node = this.#split(this.expression(body, node), next);
    }
    for (let i = 0; i < min; i++) node = this.expression(body, node);
    return node;
  }

  /** A node for the whole trie, which may be as deep as a pattern is long. */
  trie(root: Trie): number {
    const order: Trie[] = [root];
    for (const at of order) order.push(...at.next.values());
    const nodes: Map<Trie, number> = new Map();
    for (const at of order.reverse()) {
      const choices = [...at.next].map(([element, child]) => this.expression(element, nodes.get(child) ?? 0));
      choices.push(...at.accepts.map((key) => this.#accept(key)));
      nodes.set(at, this.#choice(choices));
    }
    return nodes.get(root) ?? 0;
  }
}

/** Builds the automaton of a union; check `nodeCount` first. */
export function buildNfa(items: readonly Item[], arena: Arena): Nfa {
  const builder = new Builder(arena);
  const start = builder.trie(buildTrie(items));
  const { kind, a, b, lowest, universal } = builder;
  return { start, kind, a, b, lowest, universal };
}
