import { textWarnings } from '../model/text-warnings.ts';
import type { LintRule } from '../rule.ts';

const INT8 = { _type: 'Int8WeightOnlyConfig', _version: 2, _data: {} };

function saved(keys: readonly string[]): {
  readonly quantization_config: LintRule['examples']['bad'][number]['recipe'];
} {
  const map = Object.fromEntries(keys.map((key) => [key, INT8]));
  const recipe = { _type: 'FqnToConfig', _version: 1, _data: { fqn_to_config: map } };
  return { quantization_config: { quant_method: 'torchao', quant_type: { default: recipe } } };
}

export const orderMayBeLost: LintRule = {
  id: 'order-may-be-lost',
  severity: 'note',
  title: 'the patterns of a config.json stand in sorted order',
  explanation:
    'transformers sorts the keys when it saves. A recipe taken from a config.json may therefore not be the one by which the checkpoint was made.',
  examples: {
    bad: [{ why: 'sorted', recipe: saved(['re:.*k_proj', 're:.*q_proj']) }],
    good: [{ why: 'one pattern has no order', recipe: saved(['re:.*k_proj']) }],
  },
  check: (context) => textWarnings(context, 'order-may-be-lost', 'Take the recipe from where it was written.'),
};
