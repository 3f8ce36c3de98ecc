import { reachedBystanders } from '../model/reached.ts';
import type { LintRule } from '../rule.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const MODEL = { tensors: { 'layers.0.q_proj.weight': [8, 8], 'layers.0.q_proj.bias': [8] } };

export const biasQuantized: LintRule = {
  id: 'bias-quantized',
  severity: 'warning',
  title: 'a key gives its config to biases',
  explanation:
    'A pattern with an open end matches "q_proj" and "q_proj.bias" alike. A quantized bias cannot be added: the forward pass fails.',
  examples: {
    bad: [{ why: 'the end is open', recipe: { 're:.*q_proj.*': INT8 }, model: MODEL }],
    good: [
      { why: 'it ends with the module', recipe: { 're:.*q_proj': INT8 }, model: MODEL },
      { why: 'weights only', recipe: { 're:.*q_proj\\.weight': INT8 }, model: MODEL },
    ],
  },
  check: (context) =>
    reachedBystanders(context, 'bias', 'bias(es)', 'End the pattern with the module, or with "\\.weight".'),
};
