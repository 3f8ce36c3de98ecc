const FIRST_CAPACITY = 64;

/** Whole numbers below 2^32 in a row that grows: four bytes each, and no work for the garbage collector. */
export class Uint32List {
  #numbers: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(number: number): void {
    if (this.#length === this.#numbers.length) {
      const larger = new Uint32Array(this.#length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#length] = number;
    this.#length += 1;
  }

  /** 0 beyond the end. */
  at(index: number): number {
    return index < this.#length ? (this.#numbers[index] ?? 0) : 0;
  }

  clear(): void {
    this.#length = 0;
  }

  toSorted(compare: (left: number, right: number) => number): Uint32Array {
    return this.#numbers.slice(0, this.#length).sort(compare);
  }
}
