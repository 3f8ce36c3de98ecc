import type { LintRule } from '../rule.ts';

export const emptyRecipe: LintRule = {
  id: 'empty-recipe',
  severity: 'warning',
  title: 'no key gives a config',
  explanation:
    'A recipe without keys, or with nothing but nulls, quantizes nothing. torchao and transformers take it without a word, and the model then claims to be quantized.',
  examples: {
    bad: [
      { why: 'no keys', recipe: {} },
      { why: 'nulls only', recipe: { lm_head: null, _default: null } },
    ],
    good: [{ why: 'one config is enough', recipe: { lm_head: { type: 'Int8WeightOnlyConfig' } } }],
  },
  check: ({ recipe }) => {
    if (recipe.entries.some(({ config }) => config !== null)) return [];
    const message =
      recipe.entries.length === 0
        ? 'the recipe has no keys, so nothing is quantized'
        : 'every key of the recipe gives null, so nothing is quantized';
    return [{ message, entries: [], help: 'Give a config to at least one key.' }];
  },
};
