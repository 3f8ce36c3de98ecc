import { expect, test } from 'vitest';
import { InvalidRecipeError } from '../../src/errors.ts';
import { createRecipe } from '../../src/recipe/create.ts';
import { dummyConfig } from '../helpers/dummy-config.ts';
import { plain } from '../helpers/recipe-shapes.ts';

const alpha = dummyConfig('Alpha', 2);

test('an object, a Map and pairs give the same recipe', () => {
  const expected = [
    ['re:.*', ['Alpha', 1, { level: 2 }]],
    ['lm_head', null],
  ];
  expect(plain(createRecipe({ 're:.*': alpha, lm_head: null }))).toEqual(expected);
  expect(
    plain(
      createRecipe(
        new Map([
          ['re:.*', alpha],
          ['lm_head', null],
        ]),
      ),
    ),
  ).toEqual(expected);
  expect(
    plain(
      createRecipe([
        ['re:.*', alpha],
        ['lm_head', null],
      ]),
    ),
  ).toEqual(expected);
});

test('pairs keep the order of keys that an object would move', () => {
  const recipe = createRecipe([
    ['b', null],
    ['1', null],
  ]);
  expect(recipe.entries.map(({ key }) => key)).toEqual(['b', '1']);
});

test('a key that is given twice is refused, since only one of them could count', () => {
  expect(() =>
    createRecipe([
      ['a', alpha],
      ['a', null],
    ]),
  ).toThrow(InvalidRecipeError);
});
