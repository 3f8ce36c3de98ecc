import { InvalidRecipeError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { quote } from '../quote.ts';
import { configToJson } from './config-json.ts';
import type { Recipe, RecipeEntry } from './recipe.ts';

/** How `formatRecipe` lays out the text. */
export interface FormatOptions {
  /** Spaces for one level. Default 2. */
  readonly indent?: number;
}

/**
 * The recipe as torchao's JSON text, in the order of its keys: what torchao's `config_from_dict` takes, and what
 * `parseRecipe` reads back to the same recipe. torchao holds the entries under two names, so they are written twice.
 */
export function formatRecipe(recipe: Recipe, options: FormatOptions = {}): string {
  const step = ' '.repeat(options.indent ?? 2);
  const map = formatEntries(recipe.entries, step);
  return [
    '{',
    `${step}"_type": "FqnToConfig",`,
    `${step}"_version": 1,`,
    `${step}"_data": {`,
    `${step}${step}"fqn_to_config": ${map},`,
    `${step}${step}"module_fqn_to_config": ${map}`,
    `${step}}`,
    '}\n',
  ].join('\n');
}

// Written by hand because a JavaScript object would put keys like "0" first, whatever their place in the recipe.
function formatEntries(entries: readonly RecipeEntry[], step: string): string {
  if (entries.length === 0) return '{}';
  const margin = step.repeat(3);
  const lines = entries.map(({ key, config }) => {
    const value = JSON.stringify(config === null ? null : configToJson(config), null, step);
    return `${margin}${JSON.stringify(key)}: ${value.replaceAll('\n', `\n${margin}`)}`;
  });
  return `{\n${lines.join(',\n')}\n${step.repeat(2)}}`;
}

/**
 * The recipe as torchao's JSON, as a value.
 *
 * @throws InvalidRecipeError when a JavaScript object cannot hold the keys in their order: those that look like an
 * array index ("0") always come first in one. `formatRecipe` writes every recipe.
 */
export function recipeToJson(recipe: Recipe): JsonObject {
  const map: JsonObject = Object.fromEntries(
    recipe.entries.map(({ key, config }) => [key, config === null ? null : configToJson(config)]),
  );
  const moved = Object.keys(map).find((key, index) => key !== recipe.entries[index]?.key);
  if (moved !== undefined) {
    throw new InvalidRecipeError({
      message: `a JavaScript object puts the key ${quote(moved)} in another place than the recipe does`,
      where: 'recipe',
      hint: 'Write the text with formatRecipe, or put keys that are whole numbers first, in ascending order.',
    });
  }
  return { _type: 'FqnToConfig', _version: 1, _data: { fqn_to_config: map, module_fqn_to_config: map } };
}
