import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '@fewbit/python-re';
import { autoRound } from '../../src/foreign/auto-round/auto-round.ts';
import { standardRegex } from '../../src/foreign/auto-round/standard-regex.ts';
import { fqn } from '../../src/foreign/fqn/fqn.ts';
import { anyModule, modules, pattern } from './arbitraries.ts';
import { holdsConversion } from './laws.ts';
import { fqnRecipes } from './recipes.ts';

const fields = fc.oneof(
  fc.record(
    {
      bits: fc.constantFrom(2, 4, 8, 16),
      group_size: fc.constantFrom(-1, 0, 32, 128),
      sym: fc.boolean(),
      data_type: fc.constant('int'),
    },
    { requiredKeys: ['data_type', 'bits'] },
  ),
  fc.constantFrom('W4A16', 'W8A16', 'BF16', 'INT8', 'NVFP4'),
);

const key = fc
  .oneof(
    pattern.map((source) => source.replaceAll('\\.', '.')),
    anyModule,
    fc.constantFrom('mlp.gate', 'q_proj', 'lm_head', 'layers.1'),
  )
  .filter((source) => {
    try {
      compile(standardRegex(source));
      return true;
    } catch {
      return false;
    }
  });

const recipes = fc
  .record(
    {
      scheme: fields,
      layer_config: fc.dictionary(key, fields, { maxKeys: 5 }),
      ignore_layers: fc
        .array(fc.constantFrom('lm_head', 'mlp.gate', 'layers.1', 'model.layers.0.mlp.gate'), { maxLength: 2 })
        .map((names) => names.join(',')),
      quant_lm_head: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  .map((recipe) => JSON.stringify(recipe));

describe('AutoRound', () => {
  it('a recipe taken over to torchao selects other tensors or gives them other configs', () => {
    const { compared, excused } = holdsConversion(autoRound, fqn, recipes, modules);
    expect(compared).toBeGreaterThan(excused);
  });
  it("a recipe of torchao's taken over selects other tensors", () => {
    const { compared } = holdsConversion(fqn, autoRound, fqnRecipes, modules, {
      inScope: (module) => /\.\d+\./.test(module) || module === 'lm_head',
    });
    expect(compared).toBeGreaterThan(10);
  });
});
