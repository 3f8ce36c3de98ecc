import { textWarnings } from '../model/text-warnings.ts';
import type { LintRule } from '../rule.ts';

const INT8 = { _type: 'Int8WeightOnlyConfig', _version: 2, _data: {} };
const [FORTH, BACK] = [
  { 're:.*q_proj': INT8, 're:.*k_proj': INT8 },
  { 're:.*k_proj': INT8, 're:.*q_proj': INT8 },
];

export const mapsOrderedDifferently: LintRule = {
  id: 'maps-ordered-differently',
  severity: 'warning',
  title: 'the two maps of a recipe order their patterns differently',
  explanation:
    'torchao writes the keys under two names, and takes two maps of one content for equal, whatever their order. vLLM reads only the older map, the others the newer one: with another order, other patterns come first.',
  examples: {
    bad: [
      {
        why: 'turned around',
        recipe: { _type: 'FqnToConfig', _version: 1, _data: { fqn_to_config: FORTH, module_fqn_to_config: BACK } },
      },
    ],
    good: [
      {
        why: 'the same',
        recipe: { _type: 'FqnToConfig', _version: 1, _data: { fqn_to_config: FORTH, module_fqn_to_config: FORTH } },
      },
    ],
  },
  check: (context) => textWarnings(context, 'maps-ordered-differently', 'Write both maps in one order.'),
};
