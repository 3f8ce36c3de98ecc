import { quote } from '@fewbit/core';
import { deadCause, deadKeys } from '../model/dead-keys.ts';
import { expertsOf, representatives, isSingleExpert } from '../model/names.ts';
import type { RuleFinding } from '../finding.ts';
import type { LintRule } from '../rule.ts';
import { listed } from '../words.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const STACKED = { tensors: { 'model.layers.0.mlp.experts.gate_up_proj': [4, 8, 8] } };
const SINGLE = { tensors: { 'model.layers.0.mlp.experts.0.gate_proj.weight': [8, 8] } };

export const expertsNameSpace: LintRule = {
  id: 'experts-name-space',
  severity: 'error',
  title: 'a key names experts as another library does',
  explanation:
    'Checkpoints name each expert (experts.0.gate_proj); transformers 5 keeps all of a layer in one parameter (experts.gate_up_proj). A key written for the one matches nothing of the other, and with it most weights of the model stay as they are.',
  examples: {
    bad: [
      {
        why: 'each expert, where the model has a stack',
        recipe: { 're:.*experts\\.\\d+\\.gate_proj': INT8 },
        model: STACKED,
      },
      {
        why: 'a stack, where the model has each expert',
        recipe: { 're:.*experts\\.gate_up_proj': INT8 },
        model: SINGLE,
      },
    ],
    good: [
      { why: 'as the model has them', recipe: { 're:.*experts\\.gate_up_proj': INT8 }, model: STACKED },
      { why: 'each expert', recipe: { 're:.*experts\\.\\d+\\.gate_proj': INT8 }, model: SINGLE },
      {
        why: 'a model without experts',
        recipe: { 're:.*experts.*': INT8 },
        model: { tensors: { 'q.weight': [8, 8] } },
      },
    ],
  },
  check: (context) => {
    const dead = deadKeys(context).filter(({ key }) => key.includes('experts'));
    const parameters = context.model?.parameters ?? [];
    const kind = dead.length === 0 ? null : expertsOf(parameters);
    if (kind === null) return [];
    const own = parameters.filter((each) => (kind === 'stacked' ? each.kind === 'experts' : isSingleExpert(each.name)));
    const names = representatives(
      own.map(({ name }) => name),
      6,
    );
    const how = kind === 'stacked' ? 'keeps all experts of a layer in one parameter' : 'keeps each expert by itself';
    return dead.map(({ entry, key }): RuleFinding => {
      const message = `key ${quote(key)} matches nothing: this checkpoint ${how}`;
      return { message, entries: [entry], help: `Its names are such as ${listed(names)}.`, cause: deadCause(entry) };
    });
  },
};
