import type { Subject } from './subject.ts';

/** Where an automaton was at each position of its last run: the next run begins where the two strings part. */
export class Trail {
  /** By position, from the one after the start on. Long enough for the subject once `resume` was called. */
  entries: Int32Array = new Int32Array(0);
  /** Entries up to this position hold; the start itself where none does. */
  reached = 0;
  #from = 0;
  /** -1 while there is nothing to resume. */
  #edition = -1;

  /** The position at which to go on with a run that begins at `from`; `from` itself where nothing is known. */
  resume({ classes, length, edition, kept }: Subject, from: number): number {
    if (this.entries.length <= classes.length) {
      const longer = new Int32Array(classes.length + 1);
      longer.set(this.entries);
      this.entries = longer;
    }
    if (this.#from !== from || this.#edition < 0 || this.#edition < edition - 1) this.reached = from;
    else if (this.#edition !== edition) this.reached = Math.max(from, Math.min(kept, this.reached));
    this.#from = from;
    // A run that does not end leaves nothing.
    this.#edition = -1;
    return Math.max(from, Math.min(length, this.reached));
  }

  /** Says that the run that was resumed has come to a position. */
  keep({ edition }: Subject, reached: number): void {
    this.reached = Math.max(reached, this.reached);
    this.#edition = edition;
  }

  /** Says that the entries mean nothing any more. */
  forget(): void {
    this.#edition = -1;
  }
}
