import { quote } from '@fewbit/core';
import { shadowsOf } from '../model/shadows.ts';
import type { LintContext } from '../context.ts';
import { involve, type RuleFinding } from '../finding.ts';
import type { LintRule } from '../rule.ts';
import { listed } from '../words.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const MODEL = { tensors: { 'layers.0.q_proj.weight': [32, 32], 'layers.0.k_proj.weight': [32, 32] } };

export const nullOverridden: LintRule = {
  id: 'null-overridden',
  severity: 'warning',
  title: 'a null that was to protect something is overridden',
  explanation:
    'A null says "leave alone", and it has to win like any other key. Behind a pattern that matches first, or against one that matches the parameter where the null matches only the module, it protects nothing.',
  examples: {
    bad: [
      { why: 'the pattern before it takes all', recipe: { 're:.*_proj': INT8, 're:.*q_proj': null }, model: MODEL },
      {
        why: 'it matches the module, and the pattern after it the parameter, which is asked first',
        recipe: { 're:.*q_proj': null, 're:.*weight': INT8 },
        model: MODEL,
      },
      { why: 'without a checkpoint', recipe: { 're:.*_proj': INT8, 're:.*q_proj': null } },
    ],
    good: [
      { why: 'first', recipe: { 're:.*q_proj': null, 're:.*_proj': INT8 }, model: MODEL },
      {
        why: 'an exact null beats every pattern',
        recipe: { 're:.*weight': INT8, 'layers.0.q_proj': null },
        model: MODEL,
      },
      {
        why: 'an exact key is an exception on purpose',
        recipe: { 're:.*_proj': null, 'layers.0.q_proj': INT8 },
        model: MODEL,
      },
      {
        why: 'the null stands for a whole group, of which nothing is quantized at all',
        recipe: { 're:.*_proj': null, 're:.*q_proj': null, 'layers.0.k_proj': INT8 },
        model: MODEL,
      },
    ],
  },
  check: (context) => {
    const never = shadowsOf(context).flatMap(({ key: { entry, key, config }, by, same }): RuleFinding[] => {
      if (config !== null || same) return [];
      const winners = by.filter((other) => other.config !== null);
      const message = `null for ${quote(key)} never decides: ${listed(winners.map((other) => other.key))} quantizes what it matches`;
      const help = 'Write it before them, or as an exact key.';
      return [{ message, entries: [entry, ...winners.map((other) => other.entry)], help }];
    });
    return [...never, ...beatenByTier(context)];
  },
};

/** Nulls that come first and match the module, where a later pattern matches the parameter and is asked before them. */
function beatenByTier({ keys, model }: LintContext): readonly RuleFinding[] {
  if (model === null) return [];
  const nulls = keys.flatMap(({ entry, kind, config }) => (kind === 'regex' && config === null ? [entry] : []));
  const used = new Set(model.uses.flatMap(({ entry, use }) => (use === 'shadowed' ? [entry] : [])));
  const open = new Set(nulls.filter((entry) => !used.has(entry)));
  const { list, survey } = model.decisions;
  const pairs: Map<string, { entry: number; winner: number; names: string[] }> = new Map();
  for (const { index, others } of survey.contested) {
    const { parameter, resolution } = list[index] ?? {};
    if (parameter === undefined || resolution?.tier !== 'parameter-regex' || resolution.outcome !== 'config') continue;
    for (const entry of others) {
      // What comes first and matches the parameter itself would have decided: it is the module that this one matches.
      if (entry > resolution.entry || !open.has(entry)) continue;
      const identity = `${entry},${resolution.entry}`;
      const pair = pairs.get(identity) ?? { entry, winner: resolution.entry, names: [] };
      pair.names.push(parameter.name);
      pairs.set(identity, pair);
    }
  }
  return Array.from(pairs.values(), ({ entry, winner, names }): RuleFinding => {
    const [own, other] = [quote(keys[entry]?.key ?? ''), quote(keys[winner]?.key ?? '')];
    return {
      message: `null for ${own} matches modules, and ${other}, which matches their parameters, is asked first`,
      entries: [entry, winner],
      tensors: involve(names),
      help: 'Write the null for the parameter as well: the same pattern with "\\.weight" behind it.',
    };
  });
}
