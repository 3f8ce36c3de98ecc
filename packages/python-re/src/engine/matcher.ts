/**
 * Decides which of its expressions match the rest of the subject. Expressions are known by rank, 0 being the most
 * important; whoever uses the matcher maps ranks to its own.
 */
export interface Matcher {
  /** The lowest rank below `bound` that matches from `pos` to the end, else `bound`. */
  readonly lowest: (pos: number, bound: number) => number;
  /** Adds each rank that matches from `pos` to the end to `found`, perhaps several times. */
  readonly every: (pos: number, found: number[]) => void;
  /**
   * Adds to `notes` where it stands with what was read from `pos` to the end, for a string that goes on: after equal notes,
   * whatever follows, `every` finds the same. Adds nothing when nothing can match any more. Returns false where it cannot tell.
   *
   * Notes need no names of matchers: each writes which of its parts goes on, then the part's notes, and last `NO_MORE`, so
   * that they are read in one way only.
   */
  readonly stand: (pos: number, notes: number[]) => boolean;
}

/** In notes: the matcher has read a part of its own beginning, of the length that follows. */
export const MIDWAY = -2;
/** In notes: no part follows. */
export const NO_MORE = -1;

/** Adds the notes of a part behind its number; nothing when it cannot match any more. Returns false where it cannot tell. */
export function standIn(part: Matcher, number: number, pos: number, notes: number[]): boolean {
  notes.push(number);
  const before = notes.length;
  if (!part.stand(pos, notes)) return false;
  if (notes.length === before) notes.pop();
  return true;
}

/** Ends the notes of a matcher's parts, which begin at `start`; without any, there are none. */
export function endNotes(notes: number[], start: number): void {
  if (notes.length > start) notes.push(NO_MORE);
}

/** A matcher that knows the lowest rank it can ever return. */
export interface Bounded extends Matcher {
  readonly least: number;
}

/** A matcher whose ranks are mapped to another numbering, so that equal ones can be shared. */
export class Ranked implements Bounded {
  /** The new rank of each of the matcher's ranks, ascending; several when equal expressions were merged. */
  readonly #ranks: readonly (readonly number[])[];
  readonly #lowest: Int32Array;
  readonly #matcher: Matcher;
  /** The lowest of all. */
  readonly least: number;

  constructor(matcher: Matcher, ranks: readonly (readonly number[])[]) {
    this.#matcher = matcher;
    this.#ranks = ranks;
    this.#lowest = Int32Array.from(ranks, (list) => list[0] ?? 0);
    this.least = this.#lowest[0] ?? Infinity;
  }

  lowest(pos: number, bound: number): number {
    if (this.least >= bound) return bound;
    const ranks = this.#lowest;
    let limit = ranks.length;
    if ((ranks[limit - 1] ?? 0) >= bound) {
      let low = 0;
      while (low < limit) {
        const mid = (low + limit) >> 1;
        if ((ranks[mid] ?? 0) < bound) low = mid + 1;
        else limit = mid;
      }
    }
    const rank = this.#matcher.lowest(pos, limit);
    return rank < limit ? (ranks[rank] ?? bound) : bound;
  }

  every(pos: number, found: number[]): void {
    const before = found.length;
    this.#matcher.every(pos, found);
    const after = found.length;
    for (let i = before; i < after; i++) {
      const ranks = this.#ranks[found[i] ?? 0] ?? [];
      found[i] = ranks[0] ?? 0;
      for (let k = 1; k < ranks.length; k++) found.push(ranks[k] ?? 0);
    }
  }

  stand(pos: number, notes: number[]): boolean {
    return this.#matcher.stand(pos, notes);
  }
}
