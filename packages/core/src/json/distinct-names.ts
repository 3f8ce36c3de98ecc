import { areDistinct } from './hashed-names.ts';
import { Uint32List } from './uint32-list.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The names of one JSON object, as places in its text: four bytes each, where a set of strings takes fifty and more.
 *
 * Writers that sort make it cheap: what ascends is distinct. Other names are hashed once, at the end, and sorted only where that
 * cannot tell: no choice of names makes it slow.
 */
export class DistinctNames {
  readonly #text: string;
  readonly #ascii: Uint8Array | null;
  readonly #places: Uint32List = new Uint32List();
  #ascending = true;

  /** @param ascii The text as bytes, where it is nothing but ASCII and the caller has them: see JsonScanner. */
  constructor(text: string, ascii: Uint8Array | null = null) {
    this.#text = text;
    this.#ascii = ascii;
  }

  clear(): void {
    this.#places.clear();
    this.#ascending = true;
  }

  /** @param place Of the name's opening quote; the string that begins there must be well-formed. */
  add(place: number): void {
    const { length } = this.#places;
    if (this.#ascending && length > 0) this.#ascending = this.#isBefore(this.#places.at(length - 1), place);
    this.#places.push(place);
  }

  #isBefore(left: number, right: number): boolean {
    const ascii = this.#ascii;
    if (ascii === null) return compareStrings(this.#text, left, right) < 0;
    for (let at = 1; ; at++) {
      const ours = ascii[left + at] ?? QUOTE;
      const theirs = ascii[right + at] ?? QUOTE;
      // From an escape on the characters no longer stand for themselves.
      if (ours === BACKSLASH || theirs === BACKSLASH) return compareStrings(this.#text, left, right) < 0;
      if (theirs === QUOTE) return false;
      if (ours !== theirs) return ours === QUOTE || ours < theirs;
    }
  }

  /** Tells of each name that came before, with the first place and its own, in the order of the text. */
  duplicates(tell: (name: string, first: number, again: number) => void): void {
    if (this.#ascending || (this.#ascii !== null && areDistinct(this.#ascii, this.#places))) return;
    const text = this.#text;
    const sorted = this.#places.toSorted((left, right) => compareStrings(text, left, right) || left - right);
    const found: { readonly first: number; readonly again: number }[] = [];
    let first = -1;
    for (const [index, place] of sorted.entries()) {
      if (index > 0 && compareStrings(text, first, place) === 0) found.push({ first, again: place });
      else first = place;
    }
    found.sort((left, right) => left.again - right.again);
    for (const { first: before, again } of found) tell(stringAt(text, again), before, again);
  }
}

/** Compares two well-formed JSON strings by what they mean, by UTF-16 unit; given the places of their opening quotes. */
export function compareStrings(text: string, left: number, right: number): number {
  for (let at = 1; ; at++) {
    const ours = text.charCodeAt(left + at);
    const theirs = text.charCodeAt(right + at);
    // From an escape on the characters no longer stand for themselves.
    if (ours === BACKSLASH || theirs === BACKSLASH) {
      const [a, b] = [stringAt(text, left), stringAt(text, right)];
      return a === b ? 0 : a < b ? -1 : 1;
    }
    if (ours === theirs) {
      if (ours === QUOTE || ours !== ours) return 0;
      continue;
    }
    if (ours === QUOTE) return -1;
    return theirs === QUOTE ? 1 : ours - theirs;
  }
}

/** The string whose opening quote stands at `place`. */
export function stringAt(text: string, place: number): string {
  let at = place + 1;
  let escapes = false;
  for (let code = text.charCodeAt(at); code !== QUOTE && code === code; code = text.charCodeAt(at)) {
    if (code === BACKSLASH) escapes = true;
    at += code === BACKSLASH ? 2 : 1;
  }
  return escapes ? (JSON.parse(text.slice(place, at + 1)) as string) : text.slice(place + 1, at);
}
