/** Numbers at the same places of several names, as a product: every combination of a value from each of the sets. */
export type Product = readonly (readonly number[])[];

/** What stands in a name's place for a set of numbers. */
export interface Filling {
  /** `{0-2,4,7-60}`; a single number as it is. */
  readonly text: string;
  /** How many numbers it stands for. */
  readonly size: number;
}

/** Names with more numbers than this are gathered only where every combination is there: the search tries every order. */
const MAX_PLACES = 4;
/** Where not every combination is there, more ranges than this are shown as one from the least to the greatest. */
const MAX_RANGES = 6;

/** The values ascend. */
export function fillingOf(values: readonly number[]): Filling {
  const ranges = rangesOf(values);
  const [only] = values;
  if (values.length === 1 && only !== undefined) return { text: String(only), size: 1 };
  return { text: `{${ranges.join(',')}}`, size: values.length };
}

/** For tuples that are no product: fillings that stand for all of them, and for others. */
export function boundsOf(tuples: readonly (readonly number[])[]): readonly Filling[] {
  return valuesByPlace(tuples).map((values) => {
    if (rangesOf(values).length <= MAX_RANGES) return fillingOf(values);
    const least = values[0] ?? 0;
    const greatest = values.at(-1) ?? least;
    return { text: `{${least}-${greatest}}`, size: greatest - least + 1 };
  });
}

function rangesOf(values: readonly number[]): readonly string[] {
  const pieces: string[] = [];
  for (let at = 0; at < values.length;) {
    const first = values[at] ?? 0;
    let last = first;
    while (values[at + 1] === last + 1) {
      at += 1;
      last += 1;
    }
    pieces.push(last === first ? String(first) : `${first}-${last}`);
    at += 1;
  }
  return pieces;
}

/**
 * Splits tuples of numbers into as few products as a simple search finds: tuples that agree in all but one place are
 * gathered there, place by place, in the order of places that gives the fewest. Null when that takes more than `most`.
 *
 * @param tuples Distinct, all of one length.
 */
export function splitIntoProducts(tuples: readonly (readonly number[])[], most: number): readonly Product[] | null {
  const places = tuples[0]?.length ?? 0;
  if (places === 0) return [[]];
  const whole = valuesByPlace(tuples);
  // Distinct tuples, as many as combinations: every combination is there.
  if (whole.reduce((product, values) => product * values.length, 1) === tuples.length) return [whole];
  if (places === 1) return [whole];
  if (places > MAX_PLACES) return null;
  let best: readonly Product[] | null = null;
  for (let place = 0; place < places; place += 1) {
    const products = splitAt(place, tuples, best === null ? most : best.length - 1);
    if (products !== null) best = products;
  }
  return best;
}

/** Products of the tuples by their value at one place; values that go with the same others share a product. */
function splitAt(place: number, tuples: readonly (readonly number[])[], most: number): readonly Product[] | null {
  const others: Map<number, number[][]> = new Map();
  for (const tuple of tuples) {
    const value = tuple[place] ?? 0;
    const list = others.get(value);
    const rest = tuple.toSpliced(place, 1);
    if (list === undefined) others.set(value, [rest]);
    else list.push(rest);
  }
  const byOthers: Map<string, { readonly values: number[]; readonly rest: readonly (readonly number[])[] }> = new Map();
  for (const [value, rest] of others) {
    const identity = rest
      .map((tuple) => tuple.join())
      .sort()
      .join(';');
    const known = byOthers.get(identity);
    if (known === undefined) byOthers.set(identity, { values: [value], rest });
    else known.values.push(value);
    if (byOthers.size > most) return null;
  }
  const products: Product[] = [];
  for (const { values, rest } of byOthers.values()) {
    const inner = splitIntoProducts(rest, most - products.length);
    if (inner === null || products.length + inner.length > most) return null;
    const sorted = values.sort((left, right) => left - right);
    for (const product of inner) products.push(product.toSpliced(place, 0, sorted));
  }
  return products;
}

/** The distinct values at each place, ascending. */
function valuesByPlace(tuples: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const places = tuples[0]?.length ?? 0;
  return Array.from({ length: places }, (_, place) => {
    const values: Set<number> = new Set();
    for (const tuple of tuples) values.add(tuple[place] ?? 0);
    return [...values].sort((left, right) => left - right);
  });
}
