import type { Alphabet } from './alphabet.ts';
import type { Arena } from './arena.ts';
import type { Re } from './expression.ts';
import { Branch, Later } from './branch.ts';
import { LazyDfa } from './dfa.ts';
import { elementsOf, hasAssertion, type Item, type Sorted } from './items.ts';
import { Leaf } from './leaf.ts';
import { Loop } from './loop.ts';
import { type Bounded, type Matcher, Ranked } from './matcher.ts';
import type { Meter } from './meter.ts';
import { buildNfa } from './nfa.ts';
import { Star, type StarParts } from './star.ts';
import type { Subject } from './subject.ts';
import type { WordFlags } from './subsets.ts';

/** Up to this many expressions are one automaton; its states are at most their combinations. */
const LEAF = 8;
/** An expression is written out as at most this many, so that alternatives can be told apart by their beginning. */
const MAX_COPIES = 64;
/** All copies of an expression together have at most this many elements. */
const MAX_COPIED = 4096;
/** Branches nest no deeper than this; the call stack is short in some browsers. */
const MAX_DEPTH = 200;
/** Beyond this effort and as much for each expression, they are no longer taken apart; real recipes take a third. */
const EFFORT = 500_000;
const EFFORT_EACH = 200;
/** Sets of up to this many classes are written out. */
const SMALL_SET = 12;

/** What the builder works with; shared by all matchers of a set. */
export interface BuilderContext {
  readonly arena: Arena;
  readonly alphabet: Alphabet;
  readonly subject: Subject;
  readonly words: WordFlags;
  readonly meter: Meter;
}

/**
 * Takes a set of expressions apart by how they begin: known classes become branches, `.*literal` becomes a scan for
 * literals, and what is left is matched by small automata. Equal remainders are built once.
 */
export class Builder {
  readonly #context: BuilderContext;
  /** Branches around the one being built. */
  #depth = 0;
  /** Elements of remainders that may still be looked at. */
  #effort = EFFORT;
  readonly #leaves: Map<string, Matcher> = new Map();
  readonly #stars: Map<string, Matcher> = new Map();
  readonly #only: Map<Re, number> = new Map();

  constructor(context: BuilderContext) {
    this.#context = context;
  }

  /** A matcher for `expressions`; ranks are their indices. */
  build(expressions: readonly Re[]): Ranked {
    this.#effort += EFFORT_EACH * expressions.length;
    const items = expressions.map((re, rank): Item => ({ elements: elementsOf(re), at: 0, rank, copies: 1 }));
    // Assertions look at the character before, so an expression that has one is not taken apart.
    const whole = items.filter((item) => item.elements.some(hasAssertion));
    const others = whole.length === 0 ? [] : this.#chunks(whole);
    const apart = whole.length === 0 ? items : items.filter((item) => !item.elements.some(hasAssertion));
    others.push(this.#ranked(apart));
    const branch = { skip: [], next: new Map<number, Matcher>(), ends: [], others };
    const root = new Branch(this.#context.subject, branch, this.#context.alphabet.size);
    return new Ranked(
      root,
      expressions.map((_, rank) => [rank]),
    );
  }

  /** A matcher for one expression; its only rank is 0. Equal expressions share it. */
  single(re: Re): Matcher {
    return this.#leaf([{ elements: elementsOf(re), at: 0, rank: 0, copies: 1 }]);
  }

  #rest(item: Item): Re {
    return item.at === 0 && item.elements.length === 1 && item.elements[0]
      ? item.elements[0]
      : this.#context.arena.cat(item.elements.slice(item.at));
  }

  /** The class of an element that is exactly one class, or -1. */
  #classOf(re: Re | undefined): number {
    if (re?.op !== 'set') return -1;
    let known = this.#only.get(re);
    if (known === undefined) {
      const classes = this.#context.alphabet.classesOf(re.set);
      known = classes.length === 1 ? (classes[0] ?? -1) : -1;
      this.#only.set(re, known);
    }
    return known;
  }

  /** Merges equal remainders: the expressions, and the ranks of each. */
  #merge(items: readonly Item[]): { list: Re[]; ranks: number[][] } {
    const byRe: Map<Re, number[]> = new Map();
    for (const item of [...items].sort((a, b) => a.rank - b.rank)) {
      this.#effort -= item.elements.length - item.at + 1;
      const re = this.#rest(item);
      const ranks = byRe.get(re);
      if (!ranks) byRe.set(re, [item.rank]);
      else if (ranks.at(-1) !== item.rank) ranks.push(item.rank);
    }
    return { list: [...byRe.keys()], ranks: [...byRe.values()] };
  }

  #leaf(items: readonly Item[]): Ranked {
    const { list, ranks } = this.#merge(items);
    const key = list.map((re) => re.id).join();
    let leaf = this.#leaves.get(key);
    if (!leaf) {
      const { arena, alphabet, subject, words, meter } = this.#context;
      leaf = new Leaf(subject, (all) => {
        const nfa = buildNfa(
          list.map((re, rank) => ({ re, key: rank })),
          arena,
        );
        return new LazyDfa(nfa, alphabet, words, meter, all);
      });
      this.#leaves.set(key, leaf);
    }
    return new Ranked(leaf, ranks);
  }

  #chunks(items: readonly Item[]): Ranked[] {
    const out: Ranked[] = [];
    for (let i = 0; i < items.length; i += LEAF) out.push(this.#leaf(items.slice(i, i + LEAF)));
    return out;
  }

  #ranked(items: readonly Item[]): Ranked {
    const { list, ranks } = this.#merge(items);
    const renumbered = list.map((re, rank): Item => ({ elements: elementsOf(re), at: 0, rank, copies: 1 }));
    return new Ranked(this.#branch(renumbered), ranks);
  }

  /** Replaces an item that begins with alternatives, an option or a small set by one for each possibility. */
  #writeOut(item: Item, small: number): readonly Item[] | undefined {
    const { arena, alphabet } = this.#context;
    const first = item.elements[item.at];
    let heads: readonly Re[];
    if (first?.op === 'or') heads = first.branches;
    else if (first?.op === 'repeat' && first.min === 0 && first.max === 1) heads = [arena.empty, first.body];
    else if (first?.op === 'set' && alphabet.classesOf(first.set).length <= small) {
      heads = alphabet.classesOf(first.set).map((c) => this.#single(c));
    } else return undefined;
    const copies = item.copies * heads.length;
    const tail = item.elements.slice(item.at + 1);
    if (copies > MAX_COPIES || copies * tail.length > MAX_COPIED) return undefined;
    return heads.map((head) => ({ elements: [...elementsOf(head), ...tail], at: 0, rank: item.rank, copies }));
  }

  readonly #singles: Map<number, Re> = new Map();

  /** An element for one class; only for use inside the builder. */
  #single(c: number): Re {
    let re = this.#singles.get(c);
    if (!re) {
      const { arena, alphabet } = this.#context;
      re = arena.set(alphabet.rangesOf(c));
      if (re.op === 'set') alphabet.register(re.set, c);
      this.#singles.set(c, re);
      this.#only.set(re, c);
    }
    return re;
  }

  /** How many known classes all items begin with, and which. */
  #commonBeginning(items: readonly Item[]): number[] {
    const skip: number[] = [];
    for (;;) {
      const c = this.#classOf(items[0]?.elements[items[0].at + skip.length]);
      if (c < 0 || items.some((item) => this.#classOf(item.elements[item.at + skip.length]) !== c)) return skip;
      skip.push(c);
    }
  }

  /** Sorts items by how they begin. Few items are not written out: an automaton does as well. */
  #sort(items: readonly Item[]): Sorted {
    const { arena } = this.#context;
    const few = items.length <= LEAF;
    const out: Sorted = { next: new Map(), ends: [], stars: [], laterStars: [], rest: [] };
    const sort = (item: Item): void => {
      const first = item.elements[item.at];
      const c = this.#classOf(first);
      const after = { ...item, at: item.at + 1 };
      if (c >= 0) {
        const list = out.next.get(c);
        if (list) list.push(after);
        else out.next.set(c, [after]);
      } else if (!first) out.ends.push(item.rank);
      else if (few) out.rest.push(item);
      else if (first === arena.anything) out.stars.push(after);
      else if (first.op === 'repeat' && first.body === arena.any && first.min === 1 && first.max === Infinity) {
        out.laterStars.push(after);
      } else {
        const possibilities = this.#writeOut(item, SMALL_SET);
        if (possibilities) possibilities.forEach(sort);
        else out.rest.push(item);
      }
    };
    items.forEach(sort);
    out.ends.sort((a, b) => a - b);
    return out;
  }

  #branch(items: readonly Item[]): Matcher {
    const { subject, alphabet } = this.#context;
    if (this.#depth >= MAX_DEPTH || this.#effort < 0) {
      const others = this.#chunks(items);
      return new Branch(subject, { skip: [], next: new Map<number, Matcher>(), ends: [], others }, alphabet.size);
    }
    const skip = this.#commonBeginning(items);
    const sorted = this.#sort(items.map((item) => ({ ...item, at: item.at + skip.length })));
    if (skip.length === 0 && sorted.rest.length === items.length && items.length <= LEAF) return this.#leaf(items);
    this.#depth++;
    const others: Bounded[] = this.#starGroups(sorted.stars);
    if (sorted.laterStars.length > 0) others.push(new Later(subject, this.#starGroups(sorted.laterStars)));
    others.push(...this.#loops(sorted.rest));
    others.sort((a, b) => a.least - b.least);
    const next = new Map([...sorted.next].map(([c, list]) => [c, this.#branch(list)]));
    this.#depth--;
    return new Branch(subject, { skip, next, ends: sorted.ends, others }, alphabet.size);
  }

  /** Matchers for `.*` followed by each item. */
  #starGroups(items: readonly Item[]): Ranked[] {
    if (items.length === 0) return [];
    const { arena } = this.#context;
    const withStar = (item: Item): Item => ({
      ...item,
      elements: [arena.anything, ...item.elements.slice(item.at)],
      at: 0,
    });
    const rest: Item[] = [];
    const literal: Item[] = [];
    const sort = (item: Item): void => {
      if (this.#classOf(item.elements[item.at]) >= 0) literal.push(item);
      else {
        const possibilities = this.#writeOut(item, 4);
        if (possibilities) possibilities.forEach(sort);
        else rest.push(item);
      }
    };
    items.forEach(sort);
    if (literal.length + rest.length <= LEAF) return this.#chunks([...literal, ...rest].map(withStar));
    const out = rest.length <= LEAF ? this.#chunks(rest.map(withStar)) : this.#loops(rest.map(withStar));
    if (literal.length <= LEAF) out.push(...this.#chunks(literal.map(withStar)));
    else out.push(this.#star(literal));
    return out;
  }

  /** Matchers for items that begin with a run of characters; those that begin with the same run share it. */
  #loops(items: readonly Item[]): Ranked[] {
    if (items.length <= LEAF) return this.#chunks(items);
    const { alphabet, subject, meter } = this.#context;
    const groups: Map<Re, Item[]> = new Map();
    const rest: Item[] = [];
    for (const item of items) {
      const first = item.elements[item.at];
      const isRun = first?.op === 'set' || (first?.op === 'repeat' && first.body.op === 'set');
      if (!isRun) rest.push(item);
      else groups.set(first, [...(groups.get(first) ?? []), { ...item, at: item.at + 1 }]);
    }
    const out: Ranked[] = [];
    for (const [first, list] of groups) {
      const run = first.op === 'repeat' ? first : { body: first, min: 1, max: 1 };
      const holds = new Uint8Array(alphabet.size);
      if (run.body.op === 'set') for (const c of alphabet.classesOf(run.body.set)) holds[c] = 1;
      const { list: rests, ranks } = this.#merge(list);
      const inner = this.#ranked(rests.map((re, rank) => ({ elements: elementsOf(re), at: 0, rank, copies: 1 })));
      out.push(new Ranked(new Loop(subject, meter, { holds, min: run.min, max: run.max, inner }), ranks));
    }
    return [...out, ...this.#chunks(rest)];
  }

  #star(items: readonly Item[]): Ranked {
    const { subject, meter, alphabet, arena } = this.#context;
    const { list, ranks } = this.#merge(items);
    const key = list.map((re) => re.id).join();
    let star = this.#stars.get(key);
    if (!star) {
      const parts: Map<string, StarParts & { opens: Item[]; closeds: Item[]; finals: number[] }> = new Map();
      list.forEach((re, rank) => {
        const elements = elementsOf(re);
        const run: number[] = [];
        while (this.#classOf(elements[run.length]) >= 0) run.push(this.#classOf(elements[run.length]));
        const name = run.join();
        let part = parts.get(name);
        if (!part) {
          part = { literal: run, ends: [], open: undefined, closed: undefined, opens: [], closeds: [], finals: [] };
          parts.set(name, part);
        }
        const item: Item = { elements, at: run.length, rank, copies: 1 };
        const follow = elements[run.length];
        if (!follow) part.finals.push(rank);
        else if (follow === arena.anything) part.opens.push(item);
        else part.closeds.push(item);
      });
      for (const part of parts.values()) {
        part.ends = part.finals;
        part.open = part.opens.length > 0 ? this.#ranked(part.opens) : undefined;
        part.closed = part.closeds.length > 0 ? this.#ranked(part.closeds) : undefined;
      }
      star = new Star(subject, meter, [...parts.values()], alphabet.size);
      this.#stars.set(key, star);
    }
    return new Ranked(star, ranks);
  }
}
