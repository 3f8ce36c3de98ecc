import { reachedBystanders } from '../model/reached.ts';
import type { LintRule } from '../rule.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const MODEL = {
  tensors: {
    'layers.0.mlp.gate.weight': [4, 8],
    'layers.0.mlp.experts.0.up_proj.weight': [8, 8],
    'layers.0.mlp.experts.0.gate_proj.weight': [8, 8],
  },
};

export const routerQuantized: LintRule = {
  id: 'router-quantized',
  severity: 'warning',
  title: 'a key gives its config to routers of experts',
  explanation:
    'A router chooses experts by small differences of its outputs, and it is tiny. Quantizing it saves nothing and sends tokens to other experts; libraries keep it as it is.',
  examples: {
    bad: [{ why: 'everything in the block', recipe: { 're:.*mlp.*': INT8 }, model: MODEL }],
    good: [
      { why: 'the experts only', recipe: { 're:.*experts.*_proj': INT8 }, model: MODEL },
      { why: 'the router has a null', recipe: { 'layers.0.mlp.gate': null, 're:.*mlp.*': INT8 }, model: MODEL },
      {
        why: 'a gate that is no router: the model has no experts',
        recipe: { 're:.*gate': INT8 },
        model: { tensors: { 'layers.0.mlp.gate.weight': [16, 8] } },
      },
    ],
  },
  check: (context) =>
    reachedBystanders(context, 'router', 'router(s)', 'Give the routers null in a key that comes first.'),
};
