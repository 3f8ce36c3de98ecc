import { int8DynamicActivationInt8Weight, intxWeightOnly, perGroup } from '@fewbit/configs';
import { configToJson } from '@fewbit/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fqn } from '../../src/foreign/fqn/fqn.ts';
import { transformers } from '../../src/foreign/transformers/transformers.ts';
import { anyModule, modules } from './arbitraries.ts';
import { holdsConversion } from './laws.ts';
import { fqnRecipes, usable } from './recipes.ts';

const config = fc.constantFrom(
  intxWeightOnly({ weightDtype: 'int4', granularity: perGroup(32) }),
  int8DynamicActivationInt8Weight(),
);

const skip = fc.oneof(
  usable.filter((source) => !source.startsWith('(?')),
  anyModule,
  fc.constantFrom('q_proj', 'q_proj.weight', 'gate.weight', 'model.layers.1', 'lm_head', '.*q_proj', 'ght', '.'),
);

const recipes = fc
  .record({ config, modules_to_not_convert: fc.option(fc.array(skip, { maxLength: 3 })) })
  .map(({ config: one, ...rest }) =>
    JSON.stringify({
      quantization_config: { quant_method: 'torchao', quant_type: { default: configToJson(one) }, ...rest },
    }),
  );

describe('transformers', () => {
  it('a recipe taken over to torchao selects other tensors or gives them other configs', () => {
    const { compared, excused } = holdsConversion(transformers, fqn, recipes, modules);
    expect(compared).toBeGreaterThan(excused);
  });
  it("a recipe of torchao's taken over selects other tensors", () => {
    const { compared } = holdsConversion(fqn, transformers, fqnRecipes, modules);
    expect(compared).toBeGreaterThan(5);
  });
});
