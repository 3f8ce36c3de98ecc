import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DistinctNames } from '../../src/json/distinct-names.ts';

// Few characters, so that names share beginnings and meet; a quote and a backslash are written as escapes.
const name = fc.string({ unit: fc.constantFrom('a', 'b', '0', '.', '"', '\\', '\n', 'é', '😀'), maxLength: 6 });
const plainName = fc.string({ unit: fc.constantFrom('a', 'b', '0', '.'), maxLength: 6 });

function repeatsOf(names: readonly string[], withBytes: boolean): { readonly name: string; readonly first: number }[] {
  const text = JSON.stringify(names);
  const bytes = new TextEncoder().encode(text);
  const distinct = new DistinctNames(text, withBytes && bytes.length === text.length ? bytes : null);
  let place = 1;
  const indexAt: Map<number, number> = new Map();
  for (const [index, each] of names.entries()) {
    indexAt.set(place, index);
    distinct.add(place);
    place += JSON.stringify(each).length + 1;
  }
  const found: { readonly name: string; readonly first: number }[] = [];
  distinct.duplicates((repeated, first) => found.push({ name: repeated, first: indexAt.get(first) ?? -1 }));
  return found;
}

function expected(names: readonly string[]): { readonly name: string; readonly first: number }[] {
  return names.flatMap((each, index) =>
    names.indexOf(each) < index ? [{ name: each, first: names.indexOf(each) }] : [],
  );
}

test('a name that an object has again is found and one that it has once is not, escapes and all', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(name, plainName), { maxLength: 30 }), fc.boolean(), (names, withBytes) => {
      expect(repeatsOf(names, withBytes)).toEqual(expected(names));
    }),
  );
});

test('names in ascending order but for one at the end are told apart, too', () => {
  fc.assert(
    fc.property(fc.uniqueArray(plainName, { minLength: 2 }), fc.nat(), fc.boolean(), (names, pick, again) => {
      const sorted = names.toSorted();
      const last = sorted[pick % (sorted.length - 1)] ?? '';
      const all = again ? [...sorted, last] : [...sorted.filter((each) => each !== last), last];
      expect(repeatsOf(all, true)).toEqual(expected(all));
    }),
  );
});

test('an escaped quote does not end a name: what follows it decides the order', () => {
  expect(repeatsOf(['a"', 'a\n', 'a"'], true)).toEqual([{ name: 'a"', first: 0 }]);
});

test('two names of one hash are two names', () => {
  // Both have the FNV-1a hash of 32 bits that the other has.
  expect(repeatsOf(['zinke', 'altarage'], true)).toEqual([]);
  expect(repeatsOf(['zinke', 'altarage', 'zinke'], true)).toEqual([{ name: 'zinke', first: 0 }]);
});

test('names chosen to meet in one slot cost no more than sorting them', () => {
  // Of many names those that meet in the last sixteenth of a table: long runs of taken slots.
  const fnv = (text: string): number => {
    let hash = 0x811c9dc5;
    for (const character of text) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
    hash >>>= 0;
    return (hash ^ (hash >>> 15)) & 8191;
  };
  const names: string[] = [];
  for (let number = 0; names.length < 4000; number++) if (fnv(`n${number}`) >= 8190) names.push(`n${number}`);
  names.reverse();
  expect(repeatsOf(names, true)).toEqual([]);
  expect(repeatsOf([...names, names[7] ?? ''], true)).toHaveLength(1);
}, 30_000);
