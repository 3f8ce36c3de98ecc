import { type Bounded, endNotes, type Matcher, MIDWAY, standIn } from './matcher.ts';
import type { Subject } from './subject.ts';

/** So few branches are found by looking at each. */
const FEW = 4;
/** With more classes than this, a table per branch would be mostly empty. */
const MANY_CLASSES = 256;

/** What a `Branch` is made of. */
export interface BranchParts {
  /** Classes that all expressions begin with. */
  readonly skip: readonly number[];
  /** Where to go on after one more class. */
  readonly next: ReadonlyMap<number, Matcher>;
  /** Expressions that end here, by rank. */
  readonly ends: readonly number[];
  /** Expressions that do not begin with a known class, the most important first. */
  readonly others: readonly Bounded[];
}

/** Expressions that begin with known classes, told apart one class at a time. */
export class Branch implements Matcher {
  readonly #subject: Subject;
  readonly #skip: Int32Array;
  /** By class, when there are many; else the classes are listed in `#keys`. */
  readonly #next: readonly (Matcher | undefined)[];
  readonly #keys: Int32Array | undefined;
  readonly #ends: readonly number[];
  readonly #end: number;
  readonly #others: readonly Bounded[];

  constructor(subject: Subject, parts: BranchParts, classes: number) {
    this.#subject = subject;
    this.#skip = Int32Array.from(parts.skip);
    this.#ends = parts.ends;
    this.#end = parts.ends[0] ?? Infinity;
    this.#others = parts.others;
    const list = parts.next.size <= FEW || classes > MANY_CLASSES;
    this.#keys = list ? Int32Array.from(parts.next.keys()) : undefined;
    this.#next = list ? [...parts.next.values()] : Array.from({ length: classes }, (_, c) => parts.next.get(c));
  }

  /** The position after the common beginning, or -1. */
  #after(pos: number): number {
    const { classes, length } = this.#subject;
    const skip = this.#skip;
    const after = pos + skip.length;
    if (after > length) return -1;
    for (let i = 0; i < skip.length; i++) if (classes[pos + i] !== skip[i]) return -1;
    return after;
  }

  #branch(at: number): Matcher | undefined {
    const c = this.#subject.classes[at] ?? 0;
    const keys = this.#keys;
    if (!keys) return this.#next[c];
    for (let i = 0; i < keys.length; i++) if (keys[i] === c) return this.#next[i];
    return undefined;
  }

  lowest(pos: number, bound: number): number {
    const at = this.#after(pos);
    if (at < 0) return bound;
    let best = bound;
    if (at === this.#subject.length) {
      if (this.#end < best) best = this.#end;
    } else {
      const next = this.#branch(at);
      if (next) best = next.lowest(at + 1, best);
    }
    for (const other of this.#others) best = other.lowest(at, best);
    return best;
  }

  every(pos: number, found: number[]): void {
    const at = this.#after(pos);
    if (at < 0) return;
    if (at === this.#subject.length) for (const rank of this.#ends) found.push(rank);
    else this.#branch(at)?.every(at + 1, found);
    for (const other of this.#others) other.every(at, found);
  }

  stand(pos: number, notes: number[]): boolean {
    const { classes, length } = this.#subject;
    const skip = this.#skip;
    const read = Math.min(skip.length, length - pos);
    for (let i = 0; i < read; i++) if (classes[pos + i] !== skip[i]) return true;
    const at = pos + skip.length;
    if (at >= length) {
      notes.push(MIDWAY, read);
      return true;
    }
    const start = notes.length;
    const others = this.#others;
    const next = this.#branch(at);
    if (next && !standIn(next, others.length + (classes[at] ?? 0), at + 1, notes)) return false;
    for (let i = 0; i < others.length; i++) {
      const other = others[i];
      if (other && !standIn(other, i, at, notes)) return false;
    }
    endNotes(notes, start);
    return true;
  }
}

/** Any one character, then one of the matchers. */
export class Later implements Bounded {
  readonly #subject: Subject;
  readonly #inner: readonly Bounded[];
  readonly least: number;

  constructor(subject: Subject, inner: readonly Bounded[]) {
    this.#subject = subject;
    this.#inner = inner;
    this.least = Math.min(...inner.map((matcher) => matcher.least));
  }

  lowest(pos: number, bound: number): number {
    if (pos >= this.#subject.length) return bound;
    let best = bound;
    for (const matcher of this.#inner) best = matcher.lowest(pos + 1, best);
    return best;
  }

  every(pos: number, found: number[]): void {
    if (pos < this.#subject.length) for (const matcher of this.#inner) matcher.every(pos + 1, found);
  }

  stand(pos: number, notes: number[]): boolean {
    if (pos >= this.#subject.length) {
      notes.push(MIDWAY, 0);
      return true;
    }
    const start = notes.length;
    for (const [i, matcher] of this.#inner.entries()) if (!standIn(matcher, i, pos + 1, notes)) return false;
    endNotes(notes, start);
    return true;
  }
}
