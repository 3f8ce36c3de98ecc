import { quote } from '@fewbit/core';
import type { RuleFinding } from '../finding.ts';
import type { LintRule } from '../rule.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const MODEL = { tensors: { 'rotary_emb.inv_freq': [8], 'q_proj.weight': [8, 8] } };

export const keySelectsBuffer: LintRule = {
  id: 'key-selects-buffer',
  severity: 'warning',
  title: 'a key matches only buffers',
  explanation: 'Buffers (rotary frequencies, statistics) are no parameters: torchao never asks a recipe about them.',
  examples: {
    bad: [{ why: 'fixed frequencies', recipe: { 're:.*inv_freq': INT8 }, model: MODEL }],
    good: [{ why: 'a parameter', recipe: { 're:.*q_proj': INT8 }, model: MODEL }],
  },
  check: ({ model }) =>
    (model?.uses ?? []).flatMap(({ use, entry, key }): RuleFinding[] =>
      use === 'buffer'
        ? [{ message: `key ${quote(key)} matches only buffers, which no key selects`, entries: [entry] }]
        : [],
    ),
};
