import type { Uint32List } from './uint32-list.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** FNV-1a. */
const HASH_BASIS = 0x811c9dc5;
const HASH_PRIME = 0x01000193;

/** Slots for each name, at least: a table half full is found through in two steps. */
const SLOTS_PER_NAME = 2;

/** Steps for each name after which the table is given up: names that were chosen to meet there would take as many steps as pairs. */
const MAX_STEPS_PER_NAME = 16;

/**
 * Whether strings in a JSON text are known to differ from one another. False says only that this cannot tell: two are equal, one
 * has an escape, or too many hashes meet.
 *
 * @param ascii The text, nothing but ASCII.
 * @param places Of the opening quotes.
 */
export function areDistinct(ascii: Uint8Array, places: Uint32List): boolean {
  const count = places.length;
  let slots = 1;
  while (slots < count * SLOTS_PER_NAME) slots *= 2;
  // By slot: 1 + the index of a name.
  const table = new Uint32Array(slots);
  const hashes = new Uint32Array(count);
  let steps = 0;
  for (let index = 0; index < count; index++) {
    const place = places.at(index);
    let hash = HASH_BASIS;
    let at = place + 1;
    for (let code = ascii[at] ?? QUOTE; code !== QUOTE; code = ascii[++at] ?? QUOTE) {
      if (code === BACKSLASH) return false;
      hash = Math.imul(hash ^ code, HASH_PRIME);
    }
    hash >>>= 0;
    hashes[index] = hash;
    // Its low bits depend on the low bits of the characters alone.
    let slot = (hash ^ (hash >>> 15)) & (slots - 1);
    for (let other = table[slot] ?? 0; other !== 0; other = table[slot] ?? 0) {
      if (hashes[other - 1] === hash && areEqual(ascii, places.at(other - 1), place)) return false;
      steps += 1;
      if (steps > count * MAX_STEPS_PER_NAME) return false;
      slot = (slot + 1) & (slots - 1);
    }
    table[slot] = index + 1;
  }
  return true;
}

/** Compares two strings without escapes. */
function areEqual(ascii: Uint8Array, left: number, right: number): boolean {
  let at = 1;
  while (ascii[left + at] === ascii[right + at] && ascii[left + at] !== QUOTE) at++;
  return ascii[left + at] === ascii[right + at];
}
