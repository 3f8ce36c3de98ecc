import { quote } from '@fewbit/core';
import { representatives } from '../model/names.ts';
import type { LintContext } from '../context.ts';
import type { RuleFinding } from '../finding.ts';
import type { LintRule } from '../rule.ts';
import { listed } from '../words.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const MODEL = {
  tensors: {
    'model.layers.0.self_attn.q_proj.weight': [8, 8],
    'model.layers.0.mlp.experts.gate_up_proj': [4, 8, 8],
  },
};

export const keySelectsContainer: LintRule = {
  id: 'key-selects-container',
  severity: 'error',
  title: 'a key matches only modules that have no weight of their own',
  explanation:
    'A key of a module speaks for the weight of that very module, and not for what it contains. On a container torchao raises an AssertionError.',
  examples: {
    bad: [
      { why: 'a block', recipe: { 'model.layers.0.self_attn': INT8 }, model: MODEL },
      { why: 'a pattern for blocks', recipe: { 're:.*\\.self_attn': INT8 }, model: MODEL },
      { why: 'a stack of experts, whose parameters have other names', recipe: { 're:.*experts': INT8 }, model: MODEL },
    ],
    good: [
      { why: 'what is in it', recipe: { 're:.*\\.self_attn\\..*_proj': INT8 }, model: MODEL },
      { why: 'the parameter of the stack', recipe: { 're:.*experts\\.gate_up_proj': INT8 }, model: MODEL },
    ],
  },
  check: (context) =>
    (context.model?.uses ?? []).flatMap(({ use, entry, key }): RuleFinding[] => {
      if (use !== 'no-weight') return [];
      const inside = insideOf(entry, context);
      const message = `key ${quote(key)} matches only modules without a weight of their own, so it selects nothing`;
      const help = inside.length === 0 ? 'Name their parameters.' : `Name what is in them, such as ${listed(inside)}.`;
      return [{ message, entries: [entry], help }];
    }),
};

// Containers are looked for from the front; this many tensors hold all kinds of blocks.
const LOOKED_AT = 5_000;

function insideOf(entry: number, { model }: LintContext): readonly string[] {
  if (model === null) return [];
  const matching = model.decisions.matcher.matchingAmong([entry]);
  const inside = model.parameters.slice(0, LOOKED_AT).filter(({ kind, module }) => {
    if (kind === 'buffer') return false;
    return ancestors(module).some((name) => matching(name).length > 0);
  });
  return representatives(
    inside.map(({ name, module, parameter }) => (parameter === 'weight' ? module : name)),
    3,
  );
}

// A name of a thousand dots is no module.
const MOST_LEVELS = 32;

function ancestors(module: string): readonly string[] {
  const out = [module];
  for (let at = module.lastIndexOf('.'); at > 0 && out.length < MOST_LEVELS; at = module.lastIndexOf('.', at - 1)) {
    out.push(module.slice(0, at));
  }
  return out;
}
