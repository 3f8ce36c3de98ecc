import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InvalidRecipeError } from '../../src/errors.ts';
import { createRecipe } from '../../src/recipe/create.ts';
import { formatRecipe, recipeToJson } from '../../src/recipe/format.ts';
import { parseRecipe } from '../../src/recipe/parse-recipe.ts';
import { dummyConfig, dummyRegistry } from '../helpers/dummy-config.ts';
import { anyRecipe, plain } from '../helpers/recipe-shapes.ts';

const RUNS = { seed: 31, numRuns: 500 };

test('a recipe that is written and read again is the same, in the same order', () => {
  fc.assert(
    fc.property(anyRecipe, fc.nat(4), (recipe, indent) => {
      expect(plain(parseRecipe(formatRecipe(recipe, { indent }), dummyRegistry).recipe)).toEqual(plain(recipe));
    }),
    RUNS,
  );
});

test('the value form holds the same as the text, or refuses', () => {
  fc.assert(
    fc.property(anyRecipe, (recipe) => {
      let json;
      try {
        json = recipeToJson(recipe);
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidRecipeError);
        expect(recipe.entries.some(({ key }) => /^\d+$/.test(key))).toBe(true);
        return;
      }
      expect(json).toEqual(JSON.parse(formatRecipe(recipe)));
      expect(plain(parseRecipe(JSON.stringify(json), dummyRegistry).recipe)).toEqual(plain(recipe));
    }),
    RUNS,
  );
});

test("the text is torchao's form, with the map under both names", () => {
  const recipe = createRecipe({ 're:.*q_proj': dummyConfig('Beta', 2, 2), lm_head: null });
  expect(formatRecipe(recipe)).toBe(`{
  "_type": "FqnToConfig",
  "_version": 1,
  "_data": {
    "fqn_to_config": {
      "re:.*q_proj": {
        "_type": "Beta",
        "_version": 2,
        "_data": {
          "level": 2
        }
      },
      "lm_head": null
    },
    "module_fqn_to_config": {
      "re:.*q_proj": {
        "_type": "Beta",
        "_version": 2,
        "_data": {
          "level": 2
        }
      },
      "lm_head": null
    }
  }
}
`);
});

test('the value form refuses an order that a JavaScript object would change', () => {
  const recipe = createRecipe([
    ['a', null],
    ['0', null],
  ]);
  expect(() => recipeToJson(recipe)).toThrow(/"0"/);
  expect(
    recipeToJson(
      createRecipe([
        ['0', null],
        ['a', null],
      ]),
    ),
  ).toBeDefined();
});
