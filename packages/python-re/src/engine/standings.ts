import type { Meter, StateHolder } from './meter.ts';

/** What a list of notes takes besides its numbers, roughly. */
const NOTES_BYTES = 120;

/** Numbers for notes of where an engine stands: equal notes get one number, and no number is given twice. */
export class Standings implements StateHolder {
  readonly #meter: Meter;
  #known: Map<number, { readonly notes: readonly number[]; readonly number: number }[]> = new Map();
  #count = 0;
  /** How often the states that notes speak of were forgotten: notes from before say nothing about those from after. */
  #generation = 0;

  constructor(meter: Meter) {
    this.#meter = meter;
    meter.register(this);
  }

  forget(): void {
    this.#generation++;
    this.#known = new Map();
  }

  /** The number of the notes that `take` gives; -1 where it gives none, or states were forgotten on the way. */
  numberOf(take: () => readonly number[] | undefined): number {
    const generation = this.#generation;
    const notes = take();
    if (!notes || generation !== this.#generation) return -1;
    let hash = notes.length;
    for (const note of notes) hash = (Math.imul(hash, 31) + note) | 0;
    let bucket = this.#known.get(hash);
    for (const known of bucket ?? []) if (isSame(known.notes, notes)) return known.number;
    if (this.#meter.reserve(8 * notes.length + NOTES_BYTES)) return -1;
    const number = this.#count++;
    if (!bucket) this.#known.set(hash, (bucket = []));
    bucket.push({ notes: notes.slice(), number });
    return number;
  }
}

function isSame(left: readonly number[], right: readonly number[]): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}
