import { expect, test } from 'vitest';
import { judge, mutate, randomFrom, SEEDS } from '../helpers/hostile-recipes.ts';

test.each(SEEDS)('the recipe that the mutations start from is read: %s', (seed) => {
  expect(judge(seed)).toBe('read');
});

test('2,000 damaged recipes give a typed error or what they say, never a crash', () => {
  const random = randomFrom(20_241_107);
  const verdicts = { read: 0, refused: 0 };
  for (let run = 0; run < 2_000; run++) verdicts[judge(mutate(random))]++;
  // Both must be common, or the mutations test nothing.
  expect(verdicts.read).toBeGreaterThan(100);
  expect(verdicts.refused).toBeGreaterThan(500);
});
