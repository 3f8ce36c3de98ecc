import { quote } from '@fewbit/core';
import { reachedBy, refusalFinding, refusedGroups } from '../model/refusals.ts';
import type { LintRule } from '../rule.ts';

const INTX = { type: 'IntxWeightOnlyConfig', weight_dtype: 'int4', granularity: { type: 'PerGroup', group_size: 32 } };

export const configRefusesTensor: LintRule = {
  id: 'config-refuses-tensor',
  severity: 'error',
  title: 'a config cannot take a tensor that its key gives it',
  explanation: 'The config wants other dimensions or another dtype. torchao raises, and the job ends there.',
  examples: {
    bad: [
      {
        why: 'a convolution over time has three dimensions',
        recipe: { 're:.*conv': INTX },
        model: { tensors: { 'layers.0.conv.weight': [8, 8, 32] } },
      },
    ],
    good: [
      { why: 'a matrix', recipe: { 're:.*proj': INTX }, model: { tensors: { 'layers.0.proj.weight': [8, 32] } } },
      {
        why: 'null asks nothing',
        recipe: { 're:.*conv': null },
        model: { tensors: { 'layers.0.conv.weight': [8, 8, 3] } },
      },
    ],
  },
  check: (context) =>
    refusedGroups(context)
      .filter(({ kind }) => kind === 'other')
      .map((group) => {
        const first = group.decisions[0]?.parameter.name ?? '';
        const more = group.decisions.length > 1 ? ` and ${group.decisions.length - 1} more` : '';
        const message = `${reachedBy(group, context)} cannot take ${quote(first)}${more}: ${group.reason}`;
        return refusalFinding(
          group,
          message,
          group.hint ?? 'Give them another config, or null, in a key that comes first.',
        );
      }),
};
