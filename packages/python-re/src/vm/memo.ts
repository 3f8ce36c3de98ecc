/** Above this many cells, the table is a hash table. */
const DENSE_CELLS = 1 << 22;

/** Remembers, per choice and position, that it failed or where it ended; rows of a table, empty for a new string. */
export class Memo {
  #dense = new Int32Array(0);
  #sparse: Map<number, number> | undefined;
  #base = 1;
  readonly #names: Map<string, number> = new Map();
  #width = 0;

  /** Bytes of its table. */
  get bytes(): number {
    return this.#dense.byteLength;
  }

  /** Starts a new string of `length` characters; with `named`, every cell is one that `named` returned. */
  reset(rows: number, length: number, named: boolean): void {
    this.#width = length + 1;
    const cells = rows * this.#width;
    this.#names.clear();
    if (named || cells > DENSE_CELLS) {
      this.#sparse = new Map();
      return;
    }
    this.#sparse = undefined;
    if (cells > this.#dense.length) {
      this.#dense = new Int32Array(Math.max(cells, 2 * this.#dense.length));
      this.#base = 1;
    } else if (this.#base > 1 << 30) {
      this.#dense.fill(0);
      this.#base = 1;
    }
  }

  /** Ends the string: nothing of it is remembered. */
  release(): void {
    this.#base += this.#width + 2;
  }

  /** The cell of a choice that depends on more than a row and a position. */
  named(name: string): number {
    let cell = this.#names.get(name);
    if (cell === undefined) {
      cell = this.#names.size;
      this.#names.set(name, cell);
    }
    return cell;
  }

  cell(row: number, pos: number): number {
    return row * this.#width + pos;
  }

  /** -1 not explored, 0 failed, else one more than where it ended. */
  get(cell: number): number {
    if (this.#sparse) return this.#sparse.get(cell) ?? -1;
    const value = (this.#dense[cell] ?? 0) - this.#base;
    return value < 0 ? -1 : value;
  }

  set(cell: number, value: number): void {
    if (this.#sparse) this.#sparse.set(cell, value);
    else this.#dense[cell] = value + this.#base;
  }
}
