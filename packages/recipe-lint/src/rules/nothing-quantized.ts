import type { LintRule } from '../rule.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };

export const nothingQuantized: LintRule = {
  id: 'nothing-quantized',
  severity: 'warning',
  title: 'the recipe quantizes no tensor of this checkpoint',
  explanation:
    'Said only where no finding about a single key explains it: the recipe and the checkpoint do not belong together.',
  examples: {
    bad: [{ why: 'no linear layer', recipe: { _default: INT8 }, model: { tensors: { 'norm.weight': [8] } } }],
    good: [
      { why: 'one is', recipe: { q: INT8 }, model: { tensors: { 'q.weight': [8, 8] } } },
      { why: 'the key says it already', recipe: { q: INT8 }, model: { tensors: { 'k.weight': [8, 8] } } },
    ],
  },
  check: ({ model, keys, earlier }) => {
    if (model === null || model.decisions.list.some(({ quantizer }) => quantizer !== null)) return [];
    const asking = keys.filter(({ config, kind }) => config !== null && kind !== 'default');
    const explained = new Set(earlier.filter(({ severity }) => severity !== 'note').flatMap(({ entries }) => entries));
    const asks = keys.some(({ config }) => config !== null);
    if (!asks || (asking.length > 0 && asking.every(({ entry }) => explained.has(entry)))) return [];
    return [{ message: 'the recipe quantizes no tensor of this checkpoint', entries: [] }];
  },
};
