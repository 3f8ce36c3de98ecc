import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMatcher } from '../../src/matcher/matcher.ts';
import { createRecipe } from '../../src/recipe/create.ts';
import { compareCodePoints, sortRecipe, survivesSorting } from '../../src/recipe/sort.ts';
import { dummyConfig } from '../helpers/dummy-config.ts';
import { parametersOf } from '../helpers/parameters.ts';
import { anyRecipe, plain } from '../helpers/recipe-shapes.ts';

const [int4, int8] = [dummyConfig('Alpha', 4), dummyConfig('Alpha', 7)];
const MODEL = parametersOf(['m.0.q_proj.weight', 'm.0.k_proj.weight', 'm.0.q_proj.bias', 'lm_head.weight']);

describe('whether a recipe survives being saved with sorted keys', () => {
  test('no, when a special case before a general one comes after it', () => {
    const recipe = createRecipe([
      ['re:.*\\.q_proj', int4],
      ['re:.*\\..*_proj', int8],
    ]);
    expect(survivesSorting(recipe, MODEL)).toBe(false);
    expect(sortRecipe(recipe).entries.map(({ key }) => key)).toEqual(['re:.*\\..*_proj', 're:.*\\.q_proj']);
  });

  test('no, when a null comes after a config', () => {
    expect(
      survivesSorting(
        createRecipe([
          ['re:m.*', null],
          ['re:.*weight', int4],
        ]),
        MODEL,
      ),
    ).toBe(false);
  });

  test.each([
    [
      'when the patterns match different names',
      [
        ['re:.*q_proj', int4],
        ['re:.*k_proj', int8],
      ],
    ],
    [
      'when both patterns say the same',
      [
        ['re:.*\\.q_proj', int4],
        ['re:.*\\..*_proj', dummyConfig('Alpha', 4)],
      ],
    ],
    [
      'when only exact keys move',
      [
        ['z', int8],
        ['re:.*', int4],
        ['lm_head', null],
      ],
    ],
    [
      'when no parameter is matched by both',
      [
        ['re:x.*', int4],
        ['re:.*y', int8],
      ],
    ],
  ] as const)('yes, %s', (_, pairs) => {
    expect(survivesSorting(createRecipe(pairs), MODEL)).toBe(true);
  });

  test('is what resolving both recipes shows', () => {
    fc.assert(
      fc.property(anyRecipe, (recipe) => {
        const sorted = sortRecipe(recipe);
        const configs = [recipe, sorted].map((one) => {
          const matcher = createMatcher(one);
          return MODEL.map((parameter) => {
            const { entry, outcome } = matcher.resolve(parameter);
            const config = outcome === 'config' ? one.entries[entry]?.config : null;
            return config && [config.type, config.version, config.toFields()];
          });
        });
        expect(survivesSorting(recipe, MODEL)).toBe(JSON.stringify(configs[0]) === JSON.stringify(configs[1]));
        expect(plain(sortRecipe(sorted))).toEqual(plain(sorted));
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});

test('keys are ordered by code point, as Python does, not by UTF-16 unit', () => {
  expect(compareCodePoints('\uff5e', '\u{1f600}')).toBeLessThan(0);
  const codePoints = (text: string): readonly number[] =>
    Array.from(text, (character) => character.codePointAt(0) ?? 0);
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.string({ unit: 'binary', maxLength: 6 }),
      (left, right) => {
        const [a, b] = [codePoints(left), codePoints(right)];
        const at = a.findIndex((point, index) => point !== b[index]);
        const expected = at === -1 ? a.length - b.length : at >= b.length ? 1 : (a[at] ?? 0) - (b[at] ?? 0);
        expect(Math.sign(compareCodePoints(left, right))).toBe(Math.sign(expected));
      },
    ),
    { seed: 5, numRuns: 2_000 },
  );
});
