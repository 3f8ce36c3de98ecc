/** Tuples of one length, one after the other: an array for each would cost more than all that is done with them. */
export interface Tuples {
  /** Numbers in a tuple. */
  readonly places: number;
  readonly count: number;
  readonly numbers: readonly number[];
}

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
  const [only] = values;
  if (values.length === 1 && only !== undefined) return { text: String(only), size: 1 };
  return { text: `{${rangesOf(values).join(',')}}`, size: values.length };
}

/** For tuples that are no product: fillings that stand for all of them, and for others. */
export function boundsOf(tuples: Tuples): readonly Filling[] {
  return valuesByPlace(tuples).map((values) => {
    if (rangesOf(values).length <= MAX_RANGES) return fillingOf(values);
    const least = values[0] ?? 0;
    const greatest = values.at(-1) ?? least;
    return { text: `{${least}-${greatest}}`, size: greatest - least + 1 };
  });
}

function rangesOf(values: readonly number[]): readonly string[] {
  const ranges: string[] = [];
  for (let at = 0; at < values.length; at += 1) {
    const first = values[at] ?? 0;
    let last = first;
    while (values[at + 1] === last + 1) {
      at += 1;
      last += 1;
    }
    ranges.push(last === first ? String(first) : `${first}-${last}`);
  }
  return ranges;
}

/**
 * Splits distinct tuples into as few products as a simple search finds: those that agree in all but one place are gathered
 * there, place by place, in the order of places that gives the fewest. Null when that takes more than `most`.
 */
export function splitIntoProducts(tuples: Tuples, most: number): readonly Product[] | null {
  const { places, count } = tuples;
  const whole = valuesByPlace(tuples);
  // Distinct tuples, as many as combinations: every combination is there.
  if (places < 2 || whole.reduce((product, values) => product * values.length, 1) === count) return [whole];
  if (places > MAX_PLACES) return null;
  let best: readonly Product[] | null = null;
  for (let place = 0; place < places; place += 1) {
    const products = splitAt(place, tuples, best === null ? most : best.length - 1);
    if (products !== null) best = products;
  }
  return best;
}

/** Products of the tuples by their value at one place; values that go with the same others share a product. */
function splitAt(place: number, tuples: Tuples, most: number): readonly Product[] | null {
  if (countSizes(place, tuples) > most) return null;
  const byOthers: Map<string, { readonly values: number[]; readonly others: Tuples }> = new Map();
  for (const [value, others] of othersByValue(place, tuples)) {
    const identity = identityOf(others);
    const known = byOthers.get(identity);
    if (known === undefined) byOthers.set(identity, { values: [value], others });
    else known.values.push(value);
    if (byOthers.size > most) return null;
  }
  const products: Product[] = [];
  for (const { values, others } of byOthers.values()) {
    const inner = splitIntoProducts(others, most - products.length);
    if (inner === null || products.length + inner.length > most) return null;
    const ascending = values.sort((left, right) => left - right);
    for (const product of inner) products.push(product.toSpliced(place, 0, ascending));
  }
  return products;
}

/** How many different numbers of tuples a value at this place has: at least so many products are needed. */
function countSizes(place: number, { places, numbers }: Tuples): number {
  const sizes: Map<number, number> = new Map();
  for (let at = place; at < numbers.length; at += places) {
    const value = numbers[at] ?? 0;
    sizes.set(value, (sizes.get(value) ?? 0) + 1);
  }
  return new Set(sizes.values()).size;
}

/** For each value at a place, the tuples that it stands in, without it. */
function othersByValue(place: number, { places, numbers }: Tuples): ReadonlyMap<number, Tuples> {
  const byValue: Map<number, number[]> = new Map();
  for (let at = 0; at < numbers.length; at += places) {
    const value = numbers[at + place] ?? 0;
    let others = byValue.get(value);
    if (others === undefined) byValue.set(value, (others = []));
    for (let other = 0; other < places; other += 1) if (other !== place) others.push(numbers[at + other] ?? 0);
  }
  const tuples = ([value, others]: [number, number[]]): [number, Tuples] => [
    value,
    { places: places - 1, count: others.length / (places - 1), numbers: others },
  ];
  return new Map(Array.from(byValue, tuples));
}

/** The same text for the same tuples in whatever order. */
function identityOf({ places, count, numbers }: Tuples): string {
  if (places === 1) return numbers.toSorted((left, right) => left - right).join();
  return Array.from({ length: count }, (_, at) => numbers.slice(at * places, (at + 1) * places).join())
    .sort()
    .join(';');
}

/** The distinct values at each place, ascending. */
function valuesByPlace({ places, numbers }: Tuples): readonly (readonly number[])[] {
  return Array.from({ length: places }, (_, place) => {
    const values: Set<number> = new Set();
    for (let at = place; at < numbers.length; at += places) values.add(numbers[at] ?? 0);
    return [...values].sort((left, right) => left - right);
  });
}
