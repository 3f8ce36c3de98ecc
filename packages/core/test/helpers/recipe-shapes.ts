import fc from 'fast-check';
import type { Config } from '../../src/contracts/config-type.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import { createRecipe } from '../../src/recipe/create.ts';
import { dummyConfig } from './dummy-config.ts';

/** Configs that `dummyRegistry` knows. */
export const anyConfig: fc.Arbitrary<Config> = fc
  .tuple(
    fc.constantFrom(['Alpha', 1] as const, ['Beta', 1] as const, ['Beta', 2] as const, ['Gamma', 2] as const),
    fc.nat(7),
  )
  .map(([[type, version], level]) => dummyConfig(type, level, version));

/** Keys as people and attackers write them; any string is one, but a pattern has to be valid. */
export const anyKey: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).filter((key) => !key.startsWith('re:')),
  fc.constantFrom(
    '_default',
    '__proto__',
    'constructor',
    '0',
    '17',
    '007',
    '',
    '_type',
    'type',
    'quant_type',
    'architectures',
  ),
  fc.constantFrom('re:.*', 're:', 're:.*q_proj', 're:a\\.b', 're:[ab]+', 're:\u{1f600}.*'),
);

export const anyRecipe: fc.Arbitrary<Recipe> = fc
  .uniqueArray(fc.tuple(anyKey, fc.option(anyConfig)), { maxLength: 8, selector: ([key]) => key })
  .map((pairs) => createRecipe(pairs));

/** A recipe as plain data, to compare. */
export function plain(recipe: Recipe): unknown {
  return recipe.entries.map(({ key, config }) => [key, config && [config.type, config.version, config.toFields()]]);
}
