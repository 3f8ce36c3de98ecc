import type { Matcher } from './matcher.ts';
import type { Subject } from './subject.ts';
import type { LazyDfa } from './dfa.ts';

/** A union of expressions as one lazy automaton, made when it is first asked. */
export class Leaf implements Matcher {
  readonly #subject: Subject;
  readonly #make: (all: boolean) => LazyDfa;
  #first: LazyDfa | undefined;
  #all: LazyDfa | undefined;

  constructor(subject: Subject, make: (all: boolean) => LazyDfa) {
    this.#subject = subject;
    this.#make = make;
  }

  lowest(pos: number, bound: number): number {
    this.#first ??= this.#make(false);
    const rank = this.#first.first(this.#subject, pos);
    return rank >= 0 && rank < bound ? rank : bound;
  }

  every(pos: number, found: number[]): void {
    this.#all ??= this.#make(true);
    for (const rank of this.#all.every(this.#subject, pos)) found.push(rank);
  }

  stand(pos: number, notes: number[]): boolean {
    this.#all ??= this.#make(true);
    const state = this.#all.stateAfter(this.#subject, pos);
    if (state === undefined) return false;
    if (state >= 0) notes.push(state);
    return true;
  }
}
