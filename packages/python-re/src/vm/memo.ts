import { TupleTable } from './tuples.ts';

/** Above this many cells, only those that are met are kept. */
const DENSE_CELLS = 1 << 22;
/** Cells at first, when their number is not known. */
const SOME = 1 << 10;

/** Remembers, per choice and position, that it failed or where it ended; rows of a table, empty for a new string. */
export class Memo {
  #dense = new Int32Array(0);
  #base = 1;
  #names: TupleTable | undefined;
  #width = 0;
  readonly #pair = new Int32Array(2);

  /** Bytes of its tables. */
  get bytes(): number {
    return this.#dense.byteLength + (this.#names?.bytes ?? 0);
  }

  /** Whether cells are looked up by name, which takes longer. */
  get isNamed(): boolean {
    return this.#names !== undefined;
  }

  /**
   * Starts a new string of `length` characters. With a `nameWidth` other than 0, every cell is one that `named` returned
   * for a name of that many integers.
   */
  reset(rows: number, length: number, nameWidth: number): void {
    this.#width = length + 1;
    const sparse = rows * this.#width > DENSE_CELLS;
    this.#names = nameWidth > 0 || sparse ? new TupleTable(nameWidth || this.#pair.length) : undefined;
    const cells = this.#names ? SOME : rows * this.#width;
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
  named(name: Int32Array): number {
    const cell = this.#names?.numberOf(name) ?? 0;
    if (cell >= this.#dense.length) {
      const larger = new Int32Array(2 * this.#dense.length);
      larger.set(this.#dense);
      this.#dense = larger;
    }
    return cell;
  }

  cell(row: number, pos: number): number {
    if (!this.#names) return row * this.#width + pos;
    this.#pair[0] = row;
    this.#pair[1] = pos;
    return this.named(this.#pair);
  }

  /** -1 not explored, 0 failed, else one more than where it ended. */
  get(cell: number): number {
    const value = (this.#dense[cell] ?? 0) - this.#base;
    return value < 0 ? -1 : value;
  }

  set(cell: number, value: number): void {
    this.#dense[cell] = value + this.#base;
  }
}
