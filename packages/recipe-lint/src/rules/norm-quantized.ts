import { reachedBystanders } from '../model/reached.ts';
import type { LintRule } from '../rule.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const MODEL = { tensors: { 'layers.0.norm.weight': [8], 'layers.0.q_proj.weight': [8, 8] } };

export const normQuantized: LintRule = {
  id: 'norm-quantized',
  severity: 'warning',
  title: 'a key gives its config to normalisation layers',
  explanation:
    'A pattern that is too wide also takes the weights of norms. They are few, so nothing is saved, and no norm can compute with a quantized weight: the forward pass fails.',
  examples: {
    bad: [{ why: 'everything in the layers', recipe: { 're:layers\\..*': INT8 }, model: MODEL }],
    good: [
      { why: 'projections only', recipe: { 're:layers\\..*_proj': INT8 }, model: MODEL },
      { why: 'the norms are left alone', recipe: { 're:.*norm.*': null, 're:layers\\..*': INT8 }, model: MODEL },
      { why: '_default reaches linear layers only', recipe: { _default: INT8 }, model: MODEL },
    ],
  },
  check: (context) =>
    reachedBystanders(
      context,
      'norm',
      'norm(s)',
      'Narrow the pattern to linear layers, or give the norms null in a key that comes first.',
    ),
};
