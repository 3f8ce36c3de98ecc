/** Names in ascending order. */
export interface SortedNames {
  /** Indices of the names; equal names keep theirs. */
  readonly order: Uint32Array;
  /** By place in `order`: 1 where the name begins with the whole name of the place before, or equals it. */
  readonly continues: Uint8Array;
}

/**
 * Sorts names by code point, as UTF-8 bytes and Python order them. Half of a surrogate pair counts as U+FFFD.
 *
 * A model's names begin alike for most of their length, and a sort that compares whole names reads those beginnings again at
 * each step. A merge sort that remembers how much neighbours share (Ng and Kakehi, "Merging string sequences by longest
 * common prefixes", 2008) reads each byte about once, however the names were chosen.
 */
export function sortNames(text: EncodedNames): SortedNames {
  const count = text.begins.length - 1;
  let from: Lists = { order: new Uint32Array(count), shared: new Uint32Array(count) };
  let to: Lists = { order: new Uint32Array(count), shared: new Uint32Array(count) };
  let ends = ascendingRuns(text, from);
  while (ends.length > 1) {
    const merged: number[] = [];
    for (let run = 0, begin = 0; run < ends.length; run += 2) {
      const middle = ends[run] ?? count;
      const end = ends[run + 1] ?? middle;
      merge(text, from, to, { begin, middle, end });
      merged.push(end);
      begin = end;
    }
    [from, to, ends] = [to, from, merged];
  }
  const { order, shared } = from;
  const continues = new Uint8Array(count);
  for (let at = 1; at < count; at++) {
    if ((shared[at] ?? 0) === lengthOf(text, order[at - 1] ?? 0)) continues[at] = 1;
  }
  return { order, continues };
}

/** All names as UTF-8, one after the other. */
export interface EncodedNames {
  readonly bytes: Uint8Array;
  /** Where each begins, and at the end where all end. */
  readonly begins: Uint32Array;
}

/** Half of a surrogate pair becomes U+FFFD. */
export function encodeNames(names: readonly string[]): EncodedNames {
  const encoder = new TextEncoder();
  const bytes = encoder.encode(names.join(''));
  const begins = new Uint32Array(names.length + 1);
  let units = 0;
  for (let index = 0; index < names.length; index++) {
    units += names[index]?.length ?? 0;
    begins[index + 1] = units;
  }
  if (units === bytes.length) return { bytes, begins };
  const parts = names.map((name) => encoder.encode(name));
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const [index, part] of parts.entries()) {
    whole.set(part, end);
    end += part.length;
    begins[index + 1] = end;
  }
  return { bytes: whole, begins };
}

function lengthOf({ begins }: EncodedNames, index: number): number {
  return (begins[index + 1] ?? 0) - (begins[index] ?? 0);
}

interface Lists {
  readonly order: Uint32Array;
  /** By place: how many bytes the name there and the one before begin with alike; 0 at the first of a run. */
  readonly shared: Uint32Array;
}

/** Fills the lists with the names as given. Returns the ends of the runs that ascend already. */
function ascendingRuns(text: EncodedNames, { order, shared }: Lists): number[] {
  const ends: number[] = [];
  for (let index = 0; index < order.length; index++) {
    order[index] = index;
    if (index === 0) continue;
    const alike = sharedFrom(text, index - 1, index, 0);
    if (isBefore(text, index, index - 1, alike)) ends.push(index);
    else shared[index] = alike;
  }
  if (order.length > 0) ends.push(order.length);
  return ends;
}

/** Two neighbouring runs: [begin, middle) and [middle, end). */
interface Runs {
  readonly begin: number;
  readonly middle: number;
  readonly end: number;
}

function merge(text: EncodedNames, from: Lists, to: Lists, { begin, middle, end }: Runs): void {
  let left = begin;
  let right = middle;
  let at = begin;
  // What the heads of both runs share with the name that was taken last: of two that follow it, the one that shares more comes
  // first, and only where both share the same are bytes compared, beginning there.
  let leftShared = 0;
  let rightShared = 0;
  while (left < middle && right < end) {
    let takeLeft = leftShared > rightShared;
    let shared = takeLeft ? leftShared : rightShared;
    let kept = takeLeft ? rightShared : leftShared;
    if (leftShared === rightShared) {
      const own = from.order[left] ?? 0;
      const other = from.order[right] ?? 0;
      kept = sharedFrom(text, own, other, shared);
      takeLeft = !isBefore(text, other, own, kept);
    }
    // All that share more with their predecessor than the other head does come before it.
    let next = takeLeft ? left : right;
    const stop = takeLeft ? middle : end;
    do {
      to.order[at] = from.order[next] ?? 0;
      to.shared[at] = shared;
      at += 1;
      next += 1;
      shared = from.shared[next] ?? 0;
    } while (next < stop && shared > kept);
    if (takeLeft) {
      left = next;
      leftShared = shared;
      rightShared = kept;
    } else {
      right = next;
      rightShared = shared;
      leftShared = kept;
    }
  }
  let shared = left < middle ? leftShared : rightShared;
  for (let next = left < middle ? left : right; at < end; at++, next++) {
    to.order[at] = from.order[next] ?? 0;
    to.shared[at] = shared;
    shared = from.shared[next + 1] ?? 0;
  }
}

/** How many bytes two names begin with alike, of which `known` are known to be. */
function sharedFrom(text: EncodedNames, left: number, right: number, known: number): number {
  const { bytes, begins } = text;
  const length = Math.min(lengthOf(text, left), lengthOf(text, right));
  const leftBegin = begins[left] ?? 0;
  const rightBegin = begins[right] ?? 0;
  let at = known;
  while (at < length && bytes[leftBegin + at] === bytes[rightBegin + at]) at += 1;
  return at;
}

/** Whether a name comes before another, the two being alike up to `alike` and not beyond. */
function isBefore(text: EncodedNames, left: number, right: number, alike: number): boolean {
  if (alike === lengthOf(text, right)) return false;
  if (alike === lengthOf(text, left)) return true;
  const { bytes, begins } = text;
  return (bytes[(begins[left] ?? 0) + alike] ?? 0) < (bytes[(begins[right] ?? 0) + alike] ?? 0);
}
