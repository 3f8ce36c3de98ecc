import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compressedTensors } from '../../src/foreign/compressed-tensors/compressed-tensors.ts';
import { fqn } from '../../src/foreign/fqn/fqn.ts';
import { anyModule, modules } from './arbitraries.ts';
import { holdsConversion } from './laws.ts';
import { fqnRecipes, usable } from './recipes.ts';

const target = fc.oneof(
  { weight: 4, arbitrary: usable.map((source) => `re:${source}`) },
  anyModule,
  anyModule.map((module) => `${module}.weight`),
  anyModule.map((module) => `re:^${module.replaceAll('.', '\\.')}\\.weight$`),
  fc.constantFrom('Linear', 'Module', 'Embedding'),
);

const args = fc
  .record({
    num_bits: fc.constantFrom(4, 8),
    strategy: fc.constantFrom('channel', 'group'),
    symmetric: fc.boolean(),
    group_size: fc.constant(32),
  })
  .map(({ strategy, group_size: size, ...rest }) => ({
    ...rest,
    strategy,
    group_size: strategy === 'group' ? size : null,
  }));

const inputs = fc.constantFrom(null, null, { num_bits: 8, strategy: 'token', dynamic: true });

const recipes = fc
  .record({
    config_groups: fc.array(
      fc.record({ targets: fc.array(target, { maxLength: 3 }), weights: args, input_activations: inputs }),
      { maxLength: 4 },
    ),
    ignore: fc.array(target, { maxLength: 2 }),
  })
  .map(({ config_groups: groups, ignore }) =>
    JSON.stringify({ config_groups: Object.fromEntries(groups.map((group, at) => [`group_${at}`, group])), ignore }),
  );

describe('compressed-tensors', () => {
  it('a recipe taken over to torchao selects other tensors or gives them other configs', () => {
    const { compared, excused } = holdsConversion(compressedTensors, fqn, recipes, modules);
    expect(compared).toBeGreaterThan(excused);
  });
  it("a recipe of torchao's taken over selects other tensors", () => {
    const { compared } = holdsConversion(fqn, compressedTensors, fqnRecipes, modules);
    expect(compared).toBeGreaterThan(10);
  });
});
