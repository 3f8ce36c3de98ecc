import { quote } from '@fewbit/core';
import { shadowsOf } from '../model/shadows.ts';
import type { RuleFinding } from '../finding.ts';
import type { LintRule } from '../rule.ts';
import { listed } from '../words.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const INT4 = { type: 'Int4WeightOnlyConfig', group_size: 32 };
const MODEL = { tensors: { 'layers.0.q_proj.weight': [32, 32], 'layers.0.k_proj.weight': [32, 32] } };

export const keyShadowed: LintRule = {
  id: 'key-shadowed',
  severity: 'warning',
  title: 'a key never decides, because other keys do',
  explanation:
    'An exact key of a parameter beats one of its module, exact keys beat patterns, patterns that match the parameter beat those that match the module, and among patterns the first one written decides. A key that others beat on every name does nothing.',
  examples: {
    bad: [
      {
        why: 'the general pattern comes first',
        recipe: { 're:.*_proj': INT8, 're:.*q_proj': INT4 },
        model: MODEL,
      },
      { why: 'on all names, without a checkpoint', recipe: { 're:.*_proj': INT8, 're:layers\\.\\d+\\.q_proj': INT4 } },
      {
        why: 'says the same again, so it can go',
        recipe: { 're:.*_proj': INT8, 're:.*q_proj': INT8 },
        model: MODEL,
        fixed: { 're:.*_proj': INT8 },
      },
      { why: 'exact keys beat patterns', recipe: { 're:.*q_proj': INT8, 'layers.0.q_proj': INT4 }, model: MODEL },
    ],
    good: [
      { why: 'the special pattern comes first', recipe: { 're:.*q_proj': INT4, 're:.*_proj': INT8 }, model: MODEL },
      { why: 'they overlap, and both decide something', recipe: { 're:.*q_.*': INT4, 're:.*_proj': INT8 } },
      {
        why: 'one for torchao and transformers, one for vLLM',
        recipe: { 'layers.0.q_proj.weight': INT8, 'layers.0.q_proj': INT8 },
        model: MODEL,
      },
    ],
  },
  check: (context) =>
    shadowsOf(context).flatMap(({ key: { entry, key, config, kind }, by, always, same }): RuleFinding[] => {
      if (config === null) return [];
      const where = always ? 'on every name that it matches' : 'wherever it matches in this checkpoint';
      const others = listed(by.map((other) => other.key));
      const message = `key ${quote(key)} never decides: ${others} ${by.length === 1 ? 'decides' : 'decide'} ${where}`;
      const entries = [entry, ...by.map((other) => other.entry)];
      if (!same) {
        const later = kind === 'regex' && by.every((other) => other.kind === 'regex' && other.entry < entry);
        const help = later
          ? `Write it before ${others} if it is the exception.`
          : 'Remove the key that should not decide.';
        return [{ message, entries, help }];
      }
      const fix = { title: `remove ${quote(key)}`, edits: [{ kind: 'remove' as const, entry }] };
      const help = 'They give the same config, so it can go.';
      return [{ message, entries, help, severity: 'note', ...(always && { fix }) }];
    }),
};
