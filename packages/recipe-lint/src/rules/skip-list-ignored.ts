import { textWarnings } from '../model/text-warnings.ts';
import type { LintRule } from '../rule.ts';

const RECIPE = {
  _type: 'FqnToConfig',
  _data: { fqn_to_config: { q: { _type: 'Int8WeightOnlyConfig', _version: 2, _data: {} } } },
};

export const skipListIgnored: LintRule = {
  id: 'skip-list-ignored',
  severity: 'warning',
  title: 'a config.json has a list of modules that transformers skips',
  explanation:
    'transformers leaves the modules of "modules_to_not_convert" alone before it asks the recipe. The list is no part of the recipe, and fewbit does not read it: these modules may be quantized.',
  examples: {
    bad: [
      {
        why: 'a list',
        recipe: { quant_method: 'torchao', quant_type: { default: RECIPE }, modules_to_not_convert: ['lm_head'] },
      },
    ],
    good: [
      {
        why: 'no list',
        recipe: { quant_method: 'torchao', quant_type: { default: RECIPE }, modules_to_not_convert: null },
      },
    ],
  },
  check: (context) =>
    textWarnings(context, 'skip-list-ignored', 'Write keys with null for these modules into the recipe.'),
};
