import { CODE_POINTS, contains, type Ranges } from '../charset/ranges.ts';

/** Codes below this are looked up directly. */
const DIRECT = 0x100;
const NEWLINE = 10;

/** At most how many steps it takes to make the alphabet of `sets`. */
export function partitionCost(sets: readonly Ranges[]): number {
  return sets.length * sets.reduce((sum, set) => sum + set.length, 0);
}

/**
 * The coarsest partition of all characters in which every given set is a union of classes. Strings are translated to
 * classes once; automata then step over classes.
 */
export class Alphabet {
  /** Number of classes. */
  readonly size: number;
  /** Classes of each set, by set number. */
  readonly #classesOfSet: (readonly number[])[];
  readonly #starts: Int32Array;
  readonly #classes: Int32Array;
  readonly #direct = new Int32Array(DIRECT);

  constructor(sets: readonly Ranges[]) {
    const starts = [...new Set([0, ...sets.flat()])].filter((x) => x < CODE_POINTS).sort((a, b) => a - b);
    const index = new Map(starts.map((start, i) => [start, i]));
    const classOf = new Uint32Array(starts.length);
    const sizes = [starts.length];
    const members = (set: Ranges): number[] => {
      const out: number[] = [];
      for (let k = 0; k < set.length; k += 2) {
        const from = index.get(set[k] ?? 0) ?? 0;
        const to = index.get(set[k + 1] ?? 0) ?? starts.length;
        for (let i = from; i < to; i++) out.push(i);
      }
      return out;
    };
    for (const set of sets) {
      const inside = members(set);
      const counts: Map<number, number> = new Map();
      for (const i of inside) counts.set(classOf[i] ?? 0, (counts.get(classOf[i] ?? 0) ?? 0) + 1);
      const renamed: Map<number, number> = new Map();
      for (const [old, count] of counts) {
        const size = sizes[old] ?? 0;
        if (count === size) continue;
        sizes[old] = size - count;
        renamed.set(old, sizes.length);
        sizes.push(count);
      }
      for (const i of inside) classOf[i] = renamed.get(classOf[i] ?? 0) ?? classOf[i] ?? 0;
    }
    this.size = sizes.length;
    this.#starts = Int32Array.from(starts);
    this.#classes = Int32Array.from(classOf);
    this.#classesOfSet = sets.map((set) =>
      [...new Set(members(set).map((i) => classOf[i] ?? 0))].sort((a, b) => a - b),
    );
    for (let code = 0; code < DIRECT; code++) this.#direct[code] = this.#search(code);
  }

  /** The classes whose union is set number `set`. */
  classesOf(set: number): readonly number[] {
    return this.#classesOfSet[set] ?? [];
  }

  /** The characters of one class. */
  rangesOf(c: number): Ranges {
    const out: number[] = [];
    this.#starts.forEach((start, i) => {
      if (this.#classes[i] !== c) return;
      const end = this.#starts[i + 1] ?? CODE_POINTS;
      if (out.at(-1) === start) out[out.length - 1] = end;
      else out.push(start, end);
    });
    return out;
  }

  /** Makes class `c` alone known as set number `set`, which was not given to the constructor. */
  register(set: number, c: number): void {
    this.#classesOfSet[set] ??= [c];
  }

  /** Per class, whether it lies in `set`, which must be one of the sets given. */
  flagsOf(set: Ranges): Uint8Array {
    const out = new Uint8Array(this.size);
    this.#starts.forEach((start, i) => {
      if (contains(set, start)) out[this.#classes[i] ?? 0] = 1;
    });
    return out;
  }

  /** How many characters at the beginning of `text` have the classes that stand in `classes`, as far as is quickly told. */
  common(text: string, classes: Int32Array): number {
    const length = text.length;
    const direct = this.#direct;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= DIRECT || unit === NEWLINE || direct[unit] !== classes[i]) return i;
    }
    return length;
  }

  /**
   * Writes the classes of `text` to `into`, and returns how many, or -1 when there is a newline.
   *
   * @param from So many characters at the beginning have their classes there already.
   */
  translate(text: string, into: Int32Array, from: number): number {
    const length = text.length;
    const direct = this.#direct;
    let out = from;
    for (let i = from; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit < DIRECT) {
        if (unit === NEWLINE) return -1;
        into[out++] = direct[unit] ?? 0;
      } else {
        const code = text.codePointAt(i) ?? unit;
        if (code > 0xffff) i++;
        into[out++] = this.#search(code);
      }
    }
    return out;
  }

  #search(code: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const mid = (low + high) >> 1;
      if ((this.#starts[mid] ?? 0) <= code) low = mid;
      else high = mid;
    }
    return this.#classes[low] ?? 0;
  }
}
