import { quote } from '@fewbit/core';
import { deadCause, deadKeys, type Alternative, type DeadKey } from '../model/dead-keys.ts';
import type { RuleFinding } from '../finding.ts';
import type { LintRule } from '../rule.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const MODEL = {
  tensors: { 'model.layers.0.q_proj.weight': [8, 8], 'model.layers.1.q_proj.weight': [8, 8] },
};

export const patternWithoutRe: LintRule = {
  id: 'pattern-without-re',
  severity: 'error',
  title: 'a key that looks like a pattern has no "re:"',
  explanation:
    'Only what follows "re:" is read as a regular expression. Without it, a star or a bracket is a character that no module has in its name, so the key matches nothing and says nothing.',
  examples: {
    bad: [
      {
        why: 'a regular expression without its mark',
        recipe: { '.*q_proj': INT8 },
        model: MODEL,
        fixed: { 're:.*q_proj': INT8 },
      },
      {
        why: 'a pattern as shells know it: as a regular expression it would match as well',
        recipe: { 'model.layers.*.q_proj': INT8 },
        model: MODEL,
        fixed: { 're:model.layers.*.q_proj': INT8 },
      },
      {
        why: 'the star at its beginning is no regular expression',
        recipe: { '*.q_proj': INT8 },
        model: { tensors: { 'model.q_proj.weight': [8, 8] } },
      },
      { why: 'the mark is misspelt', recipe: { 'RE:.*q_proj': INT8 }, model: MODEL, fixed: { 're:.*q_proj': INT8 } },
      { why: 'seen without a checkpoint too', recipe: { 'model.layers.*.q_proj': INT8 } },
    ],
    good: [
      { why: 'marked', recipe: { 're:.*q_proj': INT8 }, model: MODEL },
      { why: 'dots belong to names', recipe: { 'model.layers.0.q_proj': INT8 }, model: MODEL },
      {
        why: 'an odd name that the model has',
        recipe: { 'blocks[0].q_proj': INT8 },
        model: { tensors: { 'blocks[0].q_proj.weight': [8, 8] } },
      },
    ],
  },
  check: (context) => {
    if (context.model !== null) return deadKeys(context).flatMap((dead) => fromModel(dead));
    return context.keys
      .filter(({ kind, key }) => kind === 'exact' && LOOKS_LIKE_PATTERN.test(key))
      .map(({ entry, key }) => ({ ...describe(entry, key), severity: 'warning' }));
  },
};

const LOOKS_LIKE_PATTERN = /[*+?[\](){}|\\^$]/;

function fromModel({ entry, kind, key, alternatives }: DeadKey): readonly RuleFinding[] {
  if (kind !== 'exact') return [];
  const found = alternatives.filter(({ change }) => change === 'regex' || change === 'glob');
  // As a regular expression is the closer reading; a glob is another pattern.
  const best = found.find(({ change }) => change === 'regex') ?? found[0];
  if (best === undefined && !LOOKS_LIKE_PATTERN.test(key)) return [];
  return [{ ...describe(entry, key, best), cause: deadCause(entry) }];
}

function describe(entry: number, key: string, best?: Alternative): RuleFinding {
  const message = `key ${quote(key)} is read as a name, and looks like a pattern`;
  if (best === undefined) return { message, entries: [entry], help: 'Regular expressions begin with "re:".' };
  const help = `${quote(best.key)} matches, for example, ${quote(best.example)}.`;
  const fix = { title: `write ${quote(best.key)}`, edits: [{ kind: 'rename' as const, entry, key: best.key }] };
  return { message, entries: [entry], help, ...(best.change === 'regex' && !best.taken && { fix }) };
}
