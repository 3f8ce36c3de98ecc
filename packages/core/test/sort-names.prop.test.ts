import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareCodePoints } from '../src/recipe/sort.ts';
import { encodeNames, sortNames } from '../src/sort-names.ts';

const RUNS = { seed: 20_261_126, numRuns: 500 };

// Few characters, so that names begin alike; the order of the last two by UTF-16 unit is not that by code point.
const part = fc.string({ unit: fc.constantFrom('a', 'b', '.', '_', 'ü', '\u{1f600}', '\uffee'), maxLength: 6 });
const names = fc.array(
  fc.array(part, { maxLength: 4 }).map((parts) => parts.join('.')),
  { maxLength: 60 },
);

describe('names are sorted as a header lists them', () => {
  test('by code point, equal ones in the order in which they came: else a file would differ from the reference implementation', () => {
    fc.assert(
      fc.property(names, (list) => {
        const expected = [...list.keys()].sort((left, right) => compareCodePoints(list[left] ?? '', list[right] ?? ''));
        expect([...sortNames(encodeNames(list)).order]).toEqual(expected);
      }),
      RUNS,
    );
  });

  test('each says whether it begins with the one before: else a collision of names would go unseen', () => {
    fc.assert(
      fc.property(names, (list) => {
        const { order, continues } = sortNames(encodeNames(list));
        const sorted = Array.from(order, (index) => list[index] ?? '');
        expect([...continues]).toEqual(
          sorted.map((name, at) => Number(at > 0 && name.startsWith(sorted[at - 1] ?? ''))),
        );
      }),
      RUNS,
    );
  });
});
