import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compile, includes, overlaps } from '../src/index.ts';

// Over two letters and a dot, so that random patterns meet.
const pattern: fc.Arbitrary<string> = fc.letrec<{ re: string }>((tie) => ({
  re: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom('a', 'b', '\\.', '.', '[ab]', '.*', 'a?', ''),
    fc.tuple(tie('re'), tie('re')).map(([x, y]) => `${x}${y}`),
    fc.tuple(tie('re'), tie('re')).map(([x, y]) => `(?:${x}|${y})`),
    tie('re').map((x) => `(?:${x})*`),
  ),
})).re;

const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 6 });

it('what is said about all strings holds for each, and every example is one', () => {
  fc.assert(
    fc.property(pattern, pattern, fc.array(text, { maxLength: 20 }), (first, second, texts) => {
      const [left, right] = [compile(first), compile(second)];
      const [inside, common] = [includes(left, right), overlaps(left, right)];
      if (inside.answer === 'yes')
        for (const each of texts) expect(left.testFullmatch(each) || !right.testFullmatch(each)).toBe(true);
      if (common.answer === 'no')
        for (const each of texts) expect(left.testFullmatch(each) && right.testFullmatch(each)).toBe(false);
      if (inside.example !== null)
        expect([left.testFullmatch(inside.example), right.testFullmatch(inside.example)]).toEqual([false, true]);
      if (common.example !== null)
        expect([left.testFullmatch(common.example), right.testFullmatch(common.example)]).toEqual([true, true]);
    }),
    { numRuns: 500 },
  );
});
