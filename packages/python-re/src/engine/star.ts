import { type Matcher, NO_MORE, type Ranked, standIn } from './matcher.ts';
import type { Meter } from './meter.ts';
import type { Subject } from './subject.ts';
import { Trail } from './trail.ts';

/** What follows a literal that stands after `.*`. */
export interface StarParts {
  /** The literal, as classes; not empty. */
  readonly literal: readonly number[];
  /** Ranks of expressions that end with the literal. */
  ends: readonly number[];
  /** Expressions that go on with another `.*`: only the first occurrence matters. */
  open: Ranked | undefined;
  /** Expressions that go on with something else: every occurrence matters. */
  closed: Ranked | undefined;
}

/**
 * Expressions of the form `.*literal…`, found by one scan for all their literals (Aho and Corasick's automaton). What
 * comes after a literal is a matcher of its own, so no state has to remember which literals have been seen.
 */
export class Star implements Matcher {
  readonly #subject: Subject;
  readonly #meter: Meter;
  readonly #parts: readonly StarParts[];
  readonly #column: Int32Array;
  readonly #width: number;
  readonly #goto: Int32Array;
  /** Per state: one more than the literal that ends there, or 0. */
  readonly #ends: Int32Array;
  /** Per state: the nearest shorter state with a literal, or 0. */
  readonly #shorter: Int32Array;
  readonly #least: Float64Array;
  /** Per literal: the scan that has met it already. */
  readonly #met: Int32Array;
  #scan = 0;
  readonly #trail = new Trail();
  /** The literals that the last scan of `every` has met, each with the position after it. */
  readonly #hits: number[] = [];

  constructor(subject: Subject, meter: Meter, parts: readonly StarParts[], classes: number) {
    this.#subject = subject;
    this.#meter = meter;
    this.#parts = parts;
    this.#met = new Int32Array(parts.length);
    this.#least = Float64Array.from(parts, (part) =>
      Math.min(part.ends[0] ?? Infinity, part.open?.least ?? Infinity, part.closed?.least ?? Infinity),
    );
    this.#column = new Int32Array(classes);
    let width = 1;
    for (const { literal } of parts) for (const c of literal) if (this.#column[c] === 0) this.#column[c] = width++;
    this.#width = width;
    const states = 1 + parts.reduce((sum, { literal }) => sum + literal.length, 0);
    this.#goto = new Int32Array(states * width);
    this.#ends = new Int32Array(states);
    this.#shorter = new Int32Array(states);
    this.#build();
  }

  #build(): void {
    const width = this.#width;
    let states = 1;
    this.#parts.forEach(({ literal }, i) => {
      let state = 0;
      for (const c of literal) {
        const cell = state * width + (this.#column[c] ?? 0);
        if (this.#goto[cell] === 0) this.#goto[cell] = states++;
        state = this.#goto[cell] ?? 0;
      }
      this.#ends[state] = i + 1;
    });
    const fail = new Int32Array(states);
    const queue: number[] = [];
    for (let column = 0; column < width; column++) {
      const child = this.#goto[column] ?? 0;
      if (child > 0) queue.push(child);
    }
    for (const state of queue) {
      const back = fail[state] ?? 0;
      this.#shorter[state] = (this.#ends[back] ?? 0) > 0 ? back : (this.#shorter[back] ?? 0);
      for (let column = 0; column < width; column++) {
        const fallback = this.#goto[back * width + column] ?? 0;
        const cell = state * width + column;
        const child = this.#goto[cell] ?? 0;
        if (child === 0) this.#goto[cell] = fallback;
        else {
          fail[child] = fallback;
          queue.push(child);
        }
      }
    }
  }

  lowest(pos: number, bound: number): number {
    const { classes, length } = this.#subject;
    const columns = this.#column;
    const width = this.#width;
    const next = this.#goto;
    const ends = this.#ends;
    const shorter = this.#shorter;
    const scan = ++this.#scan;
    let best = bound;
    let state = 0;
    this.#meter.spend(length - pos + 1);
    for (let i = pos; i < length;) {
      state = next[state * width + (columns[classes[i] ?? 0] ?? 0)] ?? 0;
      i++;
      let hit = (ends[state] ?? 0) > 0 ? state : (shorter[state] ?? 0);
      while (hit > 0) {
        const id = (ends[hit] ?? 1) - 1;
        if ((this.#least[id] ?? 0) < best) best = this.#after(id, i, best, scan);
        hit = shorter[hit] ?? 0;
      }
    }
    return best;
  }

  #after(id: number, pos: number, bound: number, scan: number): number {
    const part = this.#parts[id];
    let best = bound;
    if (!part) return best;
    if (pos === this.#subject.length && (part.ends[0] ?? best) < best) best = part.ends[0] ?? best;
    if (part.open && this.#met[id] !== scan) {
      this.#met[id] = scan;
      best = part.open.lowest(pos, best);
    }
    if (part.closed) best = part.closed.lowest(pos, best);
    return best;
  }

  every(pos: number, found: number[]): void {
    const { length } = this.#subject;
    this.#meter.spend(length - pos + 1);
    this.#readHits(pos);
    const scan = ++this.#scan;
    const hits = this.#hits;
    for (let i = 0; i < hits.length; i += 2) {
      const end = hits[i + 1] ?? 0;
      if (end > length) break;
      this.#everyAfter(hits[i] ?? 0, end, scan, found);
    }
  }

  stand(pos: number, notes: number[]): boolean {
    const { length } = this.#subject;
    this.#meter.spend(length - pos + 1);
    notes.push(this.#readHits(pos));
    const scan = ++this.#scan;
    const hits = this.#hits;
    for (let i = 0; i < hits.length; i += 2) {
      const end = hits[i + 1] ?? 0;
      if (end > length) break;
      const id = hits[i] ?? 0;
      const part = this.#parts[id];
      if (part?.open && this.#met[id] !== scan) {
        this.#met[id] = scan;
        // That it was met counts, even where nothing can match any more.
        const before = notes.length;
        if (!standIn(part.open, 2 * id, end, notes)) return false;
        if (notes.length === before) notes.push(2 * id, NO_MORE);
      }
      if (part?.closed && !standIn(part.closed, 2 * id + 1, end, notes)) return false;
    }
    notes.push(NO_MORE);
    return true;
  }

  /** Brings `#hits` up to the end of the subject, and perhaps beyond, where it is the beginning of another one. Returns the state there. */
  #readHits(pos: number): number {
    const { classes, length } = this.#subject;
    const columns = this.#column;
    const width = this.#width;
    const next = this.#goto;
    const ends = this.#ends;
    const shorter = this.#shorter;
    const hits = this.#hits;
    let i = this.#trail.resume(this.#subject, pos);
    const { entries } = this.#trail;
    const { reached } = this.#trail;
    if (reached === pos) hits.length = 0;
    while ((hits.at(-1) ?? 0) > reached) hits.splice(-2);
    let state = i === pos ? 0 : (entries[i] ?? 0);
    for (; i < length; entries[i] = state) {
      state = next[state * width + (columns[classes[i] ?? 0] ?? 0)] ?? 0;
      i++;
      let hit = (ends[state] ?? 0) > 0 ? state : (shorter[state] ?? 0);
      while (hit > 0) {
        hits.push((ends[hit] ?? 1) - 1, i);
        hit = shorter[hit] ?? 0;
      }
    }
    this.#trail.keep(this.#subject, i);
    return state;
  }

  #everyAfter(id: number, pos: number, scan: number, found: number[]): void {
    const part = this.#parts[id];
    if (part && pos === this.#subject.length) for (const rank of part.ends) found.push(rank);
    if (part?.open && this.#met[id] !== scan) {
      this.#met[id] = scan;
      part.open.every(pos, found);
    }
    part?.closed?.every(pos, found);
  }
}
