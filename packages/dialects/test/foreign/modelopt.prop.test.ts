import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fqn } from '../../src/foreign/fqn/fqn.ts';
import { modelopt } from '../../src/foreign/modelopt/modelopt.ts';
import { anyModule, modules } from './arbitraries.ts';
import { holdsConversion } from './laws.ts';
import { fqnRecipes } from './recipes.ts';

const glob = fc.oneof(
  fc.constantFrom(
    '*',
    '*weight_quantizer',
    '*input_quantizer',
    '*lm_head*',
    '*mlp*weight_quantizer',
    '*.[0-4].*',
    '*.[!0-4].*',
    '*layers.1?.*',
    '*quantizer',
    '*proj.*_quantizer',
    '*q_proj.w*',
    '*weight*',
    'model.*gate*',
  ),
  anyModule.map((module) => `${module}.weight_quantizer`),
  anyModule.map((module) => `${module}.*`),
);

const cfg = fc.constantFrom(
  { num_bits: 8, axis: 0 },
  { num_bits: 8 },
  { num_bits: 4, block_sizes: { '-1': 128 } },
  { num_bits: 8, block_sizes: { '-1': null, type: 'dynamic' } },
  { num_bits: [4, 3] },
);

const entry = fc.oneof(
  fc.record({ quantizer_name: glob, enable: fc.boolean() }),
  fc.record({ quantizer_name: glob, cfg }),
  fc.record({
    quantizer_name: glob,
    cfg,
    enable: fc.boolean(),
    parent_class: fc.constantFrom('nn.Linear', 'nn.Conv2d'),
  }),
);

const recipes = fc
  .tuple(fc.boolean(), fc.array(entry, { maxLength: 6 }))
  .map(([deny, entries]) =>
    JSON.stringify({ quant_cfg: [...(deny ? [{ quantizer_name: '*', enable: false }] : []), ...entries] }),
  );

describe('ModelOpt', () => {
  it('a recipe taken over to torchao selects other tensors or gives them other configs', () => {
    const { compared, excused } = holdsConversion(modelopt, fqn, recipes, modules);
    expect(compared).toBeGreaterThan(excused);
  });
  it("a recipe of torchao's taken over selects other tensors", () => {
    const { compared } = holdsConversion(fqn, modelopt, fqnRecipes, modules);
    expect(compared).toBeGreaterThan(10);
  });
});
