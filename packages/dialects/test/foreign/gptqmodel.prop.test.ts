import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fqn } from '../../src/foreign/fqn/fqn.ts';
import { gptqmodel } from '../../src/foreign/gptqmodel/gptqmodel.ts';
import { modules } from './arbitraries.ts';
import { holdsConversion } from './laws.ts';
import { fqnRecipes, usable } from './recipes.ts';

const fields = fc.record(
  { bits: fc.constantFrom(2, 3, 4, 8), group_size: fc.constantFrom(-1, 32, 128), sym: fc.boolean() },
  { requiredKeys: [] },
);

const recipes = fc
  .record({
    base: fields,
    lmHead: fc.boolean(),
    dynamic: fc.array(fc.tuple(fc.constantFrom('+:', '-:', ''), usable, fields), { maxLength: 5 }),
  })
  .map(({ base, lmHead, dynamic }) =>
    JSON.stringify({
      ...base,
      lm_head: lmHead,
      dynamic: Object.fromEntries(dynamic.map(([sign, pattern, value]) => [`${sign}${pattern}`, value])),
    }),
  );

describe('GPTQModel', () => {
  it('a recipe taken over to torchao selects other tensors or gives them other configs', () => {
    const { compared, excused } = holdsConversion(gptqmodel, fqn, recipes, modules);
    expect(compared).toBeGreaterThan(excused);
  });
  it("a recipe of torchao's taken over selects other tensors", () => {
    const { compared } = holdsConversion(fqn, gptqmodel, fqnRecipes, modules, {
      inScope: (module) => /\.\d+\./.test(module) || module === 'lm_head',
    });
    expect(compared).toBeGreaterThan(10);
  });
});
