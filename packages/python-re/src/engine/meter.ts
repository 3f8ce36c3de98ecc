/** The work budget of a set ran out. */
export class OutOfWork extends Error {}

/** Something that holds automaton states and can forget them. */
export interface StateHolder {
  /** Forgets all states; the strings it has read so far lose nothing but time. */
  readonly forget: () => void;
}

/** Counts the work and the memory of all automata of one set. */
export class Meter {
  /** Units of work so far: about one per character read and per automaton node touched. */
  work = 0;
  /** How often all states were forgotten because they took too much memory. */
  forgotten = 0;
  #bytes = 0;
  /** Work at which to stop. */
  #stop: number;
  readonly #maxWork: number;
  readonly #maxBytes: number;
  readonly #holders: StateHolder[] = [];

  constructor(maxWork: number, maxBytes: number) {
    this.#maxWork = maxWork;
    this.#stop = maxWork;
    this.#maxBytes = maxBytes;
  }

  /** Adds a holder that is asked to forget when memory runs out. */
  register(holder: StateHolder): void {
    this.#holders.push(holder);
  }

  /** Lets the next question take up to `units`, within the budget of the set. */
  allow(units: number): void {
    this.#stop = Math.min(this.#maxWork, this.work + units);
  }

  /** @throws {OutOfWork} when the question or the set has taken too much. */
  spend(units: number): void {
    this.work += units;
    if (this.work > this.#stop) throw new OutOfWork();
  }

  /** Counts `bytes` more; when that is too much, every holder forgets first. Returns whether they did. */
  reserve(bytes: number): boolean {
    this.#bytes += bytes;
    if (this.#bytes <= this.#maxBytes) return false;
    this.forgotten++;
    this.#bytes = bytes;
    for (const holder of this.#holders) holder.forget();
    return true;
  }
}
