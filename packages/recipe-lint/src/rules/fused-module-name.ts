import { quote } from '@fewbit/core';
import { deadCause, deadKeys } from '../model/dead-keys.ts';
import type { RuleFinding } from '../finding.ts';
import type { LintRule } from '../rule.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const MODEL = { tensors: { 'model.layers.0.self_attn.q_proj.weight': [8, 8] } };

export const fusedModuleName: LintRule = {
  id: 'fused-module-name',
  severity: 'note',
  title: 'a key names a module that only vLLM has',
  explanation:
    'vLLM fuses q, k and v into qkv_proj, and gate and up into gate_up_proj, and compares keys with these names. Such a key selects nothing of the checkpoint; it is of use only to vLLM, beside keys for the parts.',
  examples: {
    bad: [
      { why: 'a name', recipe: { 'model.layers.0.self_attn.qkv_proj': INT8 }, model: MODEL },
      { why: 'a pattern', recipe: { 're:.*\\.qkv_proj': INT8 }, model: MODEL },
    ],
    good: [
      {
        why: 'a model that stores it fused',
        recipe: { 're:.*\\.qkv_proj': INT8 },
        model: { tensors: { 'model.layers.0.self_attn.qkv_proj.weight': [8, 8] } },
      },
      { why: 'neither the fused module nor its parts', recipe: { 're:.*\\.qkv_projection': INT8 }, model: MODEL },
    ],
  },
  check: (context) =>
    deadKeys(context).flatMap(({ entry, key, alternatives }): RuleFinding[] => {
      const split = alternatives.find(({ change }) => change === 'split-fused');
      if (split === undefined) return [];
      const message = `key ${quote(key)} names a module that vLLM makes of several; this checkpoint has the parts, such as ${quote(split.example)}`;
      const help = 'Keep it if vLLM reads this recipe; give the parts keys of their own.';
      const other = context.consumer !== null && context.consumer !== 'vllm';
      return [{ message, entries: [entry], help, cause: deadCause(entry), ...(other && { severity: 'warning' }) }];
    }),
};
