/**
 * A set of code points as its sorted boundaries: membership starts at the even entries and stops before the odd ones.
 * `[97, 123]` is a to z; `[]` is empty.
 */
export type Ranges = readonly number[];

/** One past the last code point. */
export const CODE_POINTS = 0x11_0000;

/** The empty set. */
export const NOTHING: Ranges = [];

/** Every code point. */
export const EVERYTHING: Ranges = [0, CODE_POINTS];

/** The set of code points from `first` to `last`, both included. */
export const range = (first: number, last: number): Ranges => [first, last + 1];

/** All code points that are not in `set`. */
export function negate(set: Ranges): Ranges {
  const out = set[0] === 0 ? set.slice(1) : [0, ...set];
  if (out.at(-1) === CODE_POINTS) out.pop();
  else out.push(CODE_POINTS);
  return out;
}

/** Sweeps both boundary lists; a point belongs to the result when at least `need` of the two sets hold it. */
function combine(a: Ranges, b: Ranges, need: 1 | 2): Ranges {
  const out: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const x = Math.min(a[i] ?? CODE_POINTS, b[j] ?? CODE_POINTS);
    if (a[i] === x) i++;
    if (b[j] === x) j++;
    const inside = (i & 1) + (j & 1) >= need;
    if (inside !== (out.length & 1) > 0) out.push(x);
  }
  return out;
}

/** Points in either set. */
export const union = (a: Ranges, b: Ranges): Ranges => (a.length === 0 ? b : b.length === 0 ? a : combine(a, b, 1));

/** Points in both sets. */
export const intersect = (a: Ranges, b: Ranges): Ranges => combine(a, b, 2);

/** Whether `code` belongs to `set`. */
export function contains(set: Ranges, code: number): boolean {
  let low = 0;
  let high = set.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((set[mid] ?? CODE_POINTS) <= code) low = mid + 1;
    else high = mid;
  }
  return (low & 1) === 1;
}

/** The set of the given code points, in any order, repeats allowed. */
export function fromCodePoints(codes: readonly number[]): Ranges {
  const sorted = [...codes].sort((x, y) => x - y);
  const out: number[] = [];
  for (const code of sorted) {
    const end = out.at(-1);
    if (end !== undefined && end > code) continue;
    if (end === code) out[out.length - 1] = code + 1;
    else out.push(code, code + 1);
  }
  return out;
}
