import { elementCount, type ParameterInfo } from '@fewbit/core';
import { representatives, isSingleExpert } from '../model/names.ts';
import { involve } from '../finding.ts';
import type { LintRule } from '../rule.ts';
import { listed } from '../words.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const MODEL = {
  tensors: {
    'model.layers.0.self_attn.q_proj.weight': [8, 8],
    'model.layers.0.mlp.experts.gate_up_proj': [16, 8, 16],
    'model.layers.0.mlp.experts.down_proj': [16, 8, 8],
  },
};

export const expertsLeftOut: LintRule = {
  id: 'experts-left-out',
  severity: 'warning',
  title: 'the experts, which are most of the model, stay as they are',
  explanation:
    'In a mixture of experts nearly all weights are in the experts. Where these are parameters of three dimensions, "_default" and keys for linear layers pass them over: a recipe that looks complete covered 18 % of a model, and nothing said so.',
  examples: {
    bad: [{ why: 'the default takes linear layers only', recipe: { _default: INT8 }, model: MODEL }],
    good: [
      { why: 'the experts have a key', recipe: { 're:.*experts\\..*': INT8, _default: INT8 }, model: MODEL },
      { why: 'left alone on purpose', recipe: { 're:.*experts\\..*': null, _default: INT8 }, model: MODEL },
    ],
  },
  check: ({ model, earlier }) => {
    if (model === null || earlier.some(({ ruleId }) => ruleId === 'experts-name-space')) return [];
    const { list } = model.decisions;
    if (!list.some(({ quantizer }) => quantizer !== null)) return [];
    // Nearly always a key does reach one, and the first tells.
    const reached = list.some(
      ({ parameter, resolution: { outcome } }) =>
        (outcome === 'config' || outcome === 'null-config') && isOfExperts(parameter),
    );
    const experts = reached ? [] : list.filter(({ parameter }) => isOfExperts(parameter));
    if (experts.length === 0) return [];
    const elements = (of: typeof list): number =>
      of.reduce((sum, { parameter: { shape } }) => sum + elementCount(shape), 0);
    const share = (100 * elements(experts)) / elements(list);
    const names = experts.map(({ parameter: { name } }) => name);
    return [
      {
        message: `no key reaches the experts, which hold ${share.toFixed(0)} % of the weights`,
        entries: [],
        tensors: involve(names),
        help: `Write a key for ${listed(representatives(names, 3))}, or give them null to say that it is meant so.`,
      },
    ];
  },
};

function isOfExperts({ kind, name }: ParameterInfo): boolean {
  return kind === 'experts' || isSingleExpert(name);
}
