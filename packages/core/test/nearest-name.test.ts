import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearestName } from '../src/nearest-name.ts';

test.each([
  ['Int4WeightOnlyConfg', ['Int8WeightOnlyConfig', 'Int4WeightOnlyConfig'], 'Int4WeightOnlyConfig'],
  ['layers.0.q_proj', ['layers.1.q_proj', 'model.layers.0.q_proj'], 'model.layers.0.q_proj'],
  ['model.layers.0.q_proj', ['layers.0.q_proj'], 'layers.0.q_proj'],
  ['model.weight', ['weight'], null],
  ['nothing.like.it', ['lm_head', 'model.norm'], null],
  ['', ['a'], null],
  ['a', [], null],
])('%s among %j suggests %s', (wanted, candidates, expected) => {
  expect(nearestName(wanted, candidates)).toBe(expected);
});

test('a long list of long names is answered within the budget', () => {
  const names = Array.from(
    { length: 200_000 },
    (_, index) => `model.layers.${index}.self_attn.q_proj.${'x'.repeat(200)}`,
  );
  expect(nearestName(`model.layers.0.mlp.${'y'.repeat(200)}`, names)).toBe(null);
});

const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), minLength: 6, maxLength: 12 });

test('the suggestion is the candidate of least edit distance', () => {
  fc.assert(
    fc.property(text, fc.array(text, { maxLength: 6 }), (wanted, candidates) => {
      const suffixes = candidates.filter((name) => name.endsWith(`.${wanted}`) || wanted.endsWith(`.${name}`));
      fc.pre(suffixes.length === 0);
      const distances = candidates.map((name) => distance(wanted, name));
      const least = Math.min(...distances);
      const expected = least <= Math.floor(wanted.length / 3) ? candidates[distances.indexOf(least)] : null;
      expect(nearestName(wanted, candidates)).toBe(expected);
    }),
    { seed: 7, numRuns: 2_000 },
  );
});

/** Levenshtein's definition. */
function distance(left: string, right: string): number {
  const known: Map<string, number> = new Map();
  const at = (i: number, j: number): number => {
    if (i === 0 || j === 0) return i + j;
    const key = `${i},${j}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const replaced = at(i - 1, j - 1) + (left[i - 1] === right[j - 1] ? 0 : 1);
    const result = Math.min(replaced, at(i - 1, j) + 1, at(i, j - 1) + 1);
    known.set(key, result);
    return result;
  };
  return at(left.length, right.length);
}
