import { quote } from '@fewbit/core';
import { deadCause, deadKeys } from '../model/dead-keys.ts';
import { expertsOf, representatives, isSingleExpert } from '../model/names.ts';
import type { RuleFinding } from '../finding.ts';
import type { LintRule } from '../rule.ts';
import { listed } from '../words.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const STACKED = { tensors: { 'model.layers.0.mlp.experts.gate_up_proj': [4, 8, 8] } };
const SINGLE = { tensors: { 'model.layers.0.mlp.experts.0.gate_proj.weight': [8, 8] } };

/** What follows `experts.` where a key means one expert of many: a number, or what stands for one. */
const EACH_EXPERT = /\bexperts\\?\.(?:[\d[(*?{.]|\\[dw])/;
/** Where it means the parameter of a whole stack. */
const A_STACK = /\bexperts\\?\.[A-Za-z_]/;

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
        why: 'a typo in a key that names experts as the model does',
        recipe: { 're:.*experts\\.\\d+\\.gate_prj': INT8 },
        model: SINGLE,
      },
      {
        why: 'an expert of a layer that has none',
        recipe: { 'model.layers.1.mlp.experts.0.gate_proj': INT8 },
        model: SINGLE,
      },
      {
        why: 'a model without experts',
        recipe: { 're:.*experts.*': INT8 },
        model: { tensors: { 'q.weight': [8, 8] } },
      },
    ],
  },
  check: (context) => {
    const named = deadKeys(context).filter(({ key }) => key.includes('experts'));
    const parameters = context.model?.parameters ?? [];
    const kind = named.length === 0 ? null : expertsOf(parameters);
    const foreign = kind === 'stacked' ? EACH_EXPERT : A_STACK;
    const dead = named.filter(({ key }) => foreign.test(key));
    if (kind === null || dead.length === 0) return [];
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
