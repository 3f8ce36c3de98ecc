import { reachedBy, refusalFinding, refusedGroups } from '../model/refusals.ts';
import type { LintRule } from '../rule.ts';

const INTX = { type: 'IntxWeightOnlyConfig', weight_dtype: 'int4', granularity: { type: 'PerGroup', group_size: 32 } };
const MODEL = { tensors: { 'layers.0.mlp.experts.down_proj': [4, 64, 64] } };

export const expertsNotTaken: LintRule = {
  id: 'experts-not-taken',
  severity: 'error',
  title: 'a config cannot take stacks of experts',
  explanation:
    'transformers keeps the experts of a layer in one parameter of three dimensions. The Intx configs take matrices and convolutions only, so torchao raises.',
  examples: {
    bad: [{ why: 'Intx takes no three dimensions', recipe: { 're:.*experts\\.down_proj': INTX }, model: MODEL }],
    good: [
      {
        why: 'int8 takes them',
        recipe: { 're:.*experts\\.down_proj': { type: 'Int8WeightOnlyConfig' } },
        model: MODEL,
      },
      {
        why: 'each expert by itself is a matrix',
        recipe: { 're:.*experts\\.\\d+\\.down_proj': INTX },
        model: { tensors: { 'layers.0.mlp.experts.0.down_proj.weight': [64, 64] } },
      },
    ],
  },
  check: (context) =>
    refusedGroups(context)
      .filter(({ kind }) => kind === 'experts')
      .map((group) => {
        const message = `${reachedBy(group, context)} cannot take ${group.decisions.length} stack(s) of experts: ${group.reason}`;
        return refusalFinding(group, message, group.hint ?? 'Give the experts another config, or null.');
      }),
};
