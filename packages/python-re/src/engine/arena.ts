import type { Assertion, Re } from './expression.ts';
import { isNullable, withoutEmpty } from './nullable.ts';
import { EVERYTHING, intersect, negate, type Ranges, range } from '../charset/ranges.ts';

type Fresh<T> = T extends Re ? Omit<T, 'id'> : never;

/** All characters but the newline. */
export const NOT_NEWLINE: Ranges = negate(range(10, 10));

const sameItems = (a: readonly Re[], b: readonly Re[]): boolean =>
  a.length === b.length && a.every((item, i) => item === b[i]);

const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b);

/**
 * Makes and remembers regular expressions over the alphabet without newlines. Smart constructors keep them flat:
 * no `cat` in a `cat`, no `or` in an `or`, nothing impossible inside either.
 */
export class Arena {
  /** The character sets in use, by the number that `set` nodes carry. */
  readonly sets: Ranges[] = [];
  /** Whether any expression asks for the edge of a word. */
  usesEdges = false;
  readonly #seen: Map<Ranges, Re> = new Map();
  readonly #setIds: Map<string, number> = new Map();
  readonly #nodes: Map<string, Re> = new Map();
  readonly #cats: Map<number, Extract<Re, { op: 'cat' }>[]> = new Map();
  #count = 0;
  /** Matches only the empty string. */
  readonly empty: Re = this.#internCat([]);
  /** Matches nothing. */
  readonly none: Re = this.#intern('o', { op: 'or', branches: [] });
  /** Any one character. */
  readonly any: Re = this.set(EVERYTHING);
  /** Any string. */
  readonly anything: Re = this.repeat(this.any, 0, Infinity);

  set(ranges: Ranges): Re {
    let known = this.#seen.get(ranges);
    if (!known) {
      known = this.#freshSet(ranges);
      this.#seen.set(ranges, known);
    }
    return known;
  }

  #freshSet(ranges: Ranges): Re {
    const set = intersect(ranges, NOT_NEWLINE);
    if (set.length === 0) return this.none;
    const key = set.join();
    let id = this.#setIds.get(key);
    if (id === undefined) {
      id = this.sets.length;
      this.sets.push(set);
      this.#setIds.set(key, id);
    }
    return this.#intern(`s${id}`, { op: 'set', set: id });
  }

  cat(items: readonly Re[]): Re {
    const flat: Re[] = [];
    for (const item of items) {
      if (item === this.none) return item;
      if (item.op !== 'cat') flat.push(item);
      else for (const part of item.items) flat.push(part);
    }
    const [only] = flat;
    return flat.length === 1 && only ? only : this.#internCat(flat);
  }

  /** Sequences can be as long as a pattern, so they are found by hash rather than by name. */
  #internCat(items: readonly Re[]): Re {
    let hash = items.length;
    for (const { id } of items) hash = (Math.imul(hash, 31) + id) | 0;
    const bucket = this.#cats.get(hash);
    for (const known of bucket ?? []) if (sameItems(known.items, items)) return known;
    const fresh = { op: 'cat', id: this.#count++, items } as const;
    if (bucket) bucket.push(fresh);
    else this.#cats.set(hash, [fresh]);
    return fresh;
  }

  or(branches: readonly Re[]): Re {
    const flat = [...new Set(branches.flatMap((b) => (b.op === 'or' ? b.branches : [b])))];
    const [only] = flat;
    if (flat.length === 1 && only) return only;
    return this.#intern(`o${flat.map((b) => b.id).join()}`, { op: 'or', branches: flat });
  }

  repeat(body: Re, min: number, max: number): Re {
    if (max === 0 || body === this.empty) return this.empty;
    if (body === this.none) return min === 0 ? this.empty : this.none;
    if (min === 1 && max === 1) return body;
    if (body.op === 'repeat') {
      const { min: least, max: most } = body;
      // A repeated repeat is one repeat when the counts that it allows have no gaps.
      if (least <= 1 || (min > 0 && (min === max || least * (min + 1) <= most * min + 1)))
        return this.repeat(body.body, least * min, times(most, max));
    }
    if (max > 1 && max < Infinity && isNullable(body)) {
      // Written out, a body that may be empty would let one step reach all iterations that follow.
      const rest = withoutEmpty(body, this);
      if (rest) return this.repeat(rest, 0, max);
    }
    return this.#intern(`r${body.id},${min},${max}`, { op: 'repeat', body, min, max });
  }

  assert(at: Assertion): Re {
    if (at !== 'start' && at !== 'end') this.usesEdges = true;
    return this.#intern(`a${at}`, { op: 'assert', at });
  }

  #intern(key: string, node: Fresh<Re>): Re {
    let known = this.#nodes.get(key);
    if (!known) {
      known = { ...node, id: this.#count++ };
      this.#nodes.set(key, known);
    }
    return known;
  }
}
