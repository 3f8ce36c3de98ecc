import { endNotes, type Matcher, MIDWAY, type Ranked, standIn } from './matcher.ts';
import type { Subject } from './subject.ts';
import type { Meter } from './meter.ts';

/** Expressions that begin with the same run of characters out of one set, `[set]{min,max}`. */
export interface LoopParts {
  /** Per class, 1 when the set holds it. */
  readonly holds: Uint8Array;
  readonly min: number;
  readonly max: number;
  /** What comes after the run. */
  readonly inner: Ranked;
}

/** Reads the run and asks what comes after it at each possible end. */
export class Loop implements Matcher {
  readonly #subject: Subject;
  readonly #meter: Meter;
  readonly #parts: LoopParts;

  constructor(subject: Subject, meter: Meter, parts: LoopParts) {
    this.#subject = subject;
    this.#meter = meter;
    this.#parts = parts;
  }

  /** The last position of the run that starts at `pos`. */
  #last(pos: number): number {
    const { classes, length } = this.#subject;
    const { holds, max } = this.#parts;
    const limit = Math.min(length, pos + max);
    let at = pos;
    while (at < limit && holds[classes[at] ?? 0] === 1) at++;
    this.#meter.spend(at - pos + 1);
    return at;
  }

  lowest(pos: number, bound: number): number {
    const { min, inner } = this.#parts;
    let best = bound;
    for (let at = this.#last(pos); at >= pos + min && inner.least < best; at--) best = inner.lowest(at, best);
    return best;
  }

  every(pos: number, found: number[]): void {
    const { min, inner } = this.#parts;
    for (let at = this.#last(pos); at >= pos + min; at--) inner.every(at, found);
  }

  stand(pos: number, notes: number[]): boolean {
    const { min, max, inner } = this.#parts;
    const last = this.#last(pos);
    const start = notes.length;
    const { length } = this.#subject;
    // The run may go on; beyond the least length, it does not matter how long it is where it may be of any.
    if (last === length) notes.push(MIDWAY, max === Infinity ? Math.min(last - pos, min) : last - pos);
    for (let at = Math.min(last, length - 1); at >= pos + min; at--) if (!standIn(inner, 0, at, notes)) return false;
    endNotes(notes, start);
    return true;
  }
}
