const FEW = 256;

/** Numbers tuples of integers, all of one width, in the order in which they are first met. */
export class TupleTable {
  readonly #width: number;
  #count = 0;
  /** The tuples one after the other. */
  #cells: Int32Array;
  /** Open addressing: one more than the number of the tuple, or 0; a power of two long and at most half full. */
  #index = new Int32Array(2 * FEW);

  constructor(width: number) {
    this.#width = width;
    this.#cells = new Int32Array(FEW * width);
  }

  get bytes(): number {
    return this.#cells.byteLength + this.#index.byteLength;
  }

  /** The number of `tuple`, which may be new. */
  numberOf(tuple: Int32Array): number {
    const width = this.#width;
    const cells = this.#cells;
    const mask = this.#index.length - 1;
    let at = this.#hash(tuple, 0) & mask;
    for (;;) {
      const number = (this.#index[at] ?? 0) - 1;
      if (number < 0) break;
      let i = 0;
      while (i < width && cells[number * width + i] === tuple[i]) i++;
      if (i === width) return number;
      at = (at + 1) & mask;
    }
    this.#index[at] = this.#count + 1;
    if ((this.#count + 1) * width > cells.length) {
      this.#cells = new Int32Array(2 * cells.length);
      this.#cells.set(cells);
    }
    for (let i = 0; i < width; i++) this.#cells[this.#count * width + i] = tuple[i] ?? 0;
    this.#count++;
    if (2 * this.#count > mask) this.#grow();
    return this.#count - 1;
  }

  #hash(tuple: Int32Array, from: number): number {
    let hash = 0;
    for (let i = 0; i < this.#width; i++) hash = Math.imul(hash ^ (tuple[from + i] ?? 0), 0x9e37_79b1) ^ (hash >>> 15);
    return hash ^ (hash >>> 16);
  }

  #grow(): void {
    const index = new Int32Array(2 * this.#index.length);
    const mask = index.length - 1;
    for (let number = 0; number < this.#count; number++) {
      let at = this.#hash(this.#cells, number * this.#width) & mask;
      while (index[at] !== 0) at = (at + 1) & mask;
      index[at] = number + 1;
    }
    this.#index = index;
  }
}
