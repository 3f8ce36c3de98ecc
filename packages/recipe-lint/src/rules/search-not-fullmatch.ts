import { quote } from '@fewbit/core';
import { deadCause, deadKeys, type DeadKey } from '../model/dead-keys.ts';
import type { RuleFinding } from '../finding.ts';
import type { LintRule } from '../rule.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const MODEL = { tensors: { 'model.layers.0.q_proj.weight': [8, 8], 'model.layers.0.k_proj.weight': [8, 8] } };

export const searchNotFullmatch: LintRule = {
  id: 'search-not-fullmatch',
  severity: 'error',
  title: 'a pattern matches inside of names, and not whole names',
  explanation:
    'torchao asks re.fullmatch: a pattern has to match the whole name, from its first character to its last. "re:q_proj" matches a module called q_proj at the root, and no other.',
  examples: {
    bad: [
      { why: 'open in front', recipe: { 're:q_proj': INT8 }, model: MODEL, fixed: { 're:.*q_proj': INT8 } },
      {
        why: 'an alternative has to be grouped first',
        recipe: { 're:q_proj|k_proj': INT8 },
        model: MODEL,
        fixed: { 're:.*(?:q_proj|k_proj)': INT8 },
      },
      {
        why: 'open behind, where a container ends',
        recipe: { 're:model\\.layers\\.0\\.': INT8 },
        model: MODEL,
        fixed: { 're:model\\.layers\\.0\\..*': INT8 },
      },
    ],
    good: [
      { why: 'open in front', recipe: { 're:.*q_proj': INT8 }, model: MODEL },
      { why: 'whole', recipe: { 're:model\\.layers\\.\\d+\\.[qk]_proj': INT8 }, model: MODEL },
      { why: 'nowhere in the names at all', recipe: { 're:v_proj': INT8 }, model: MODEL },
    ],
  },
  check: (context) => deadKeys(context).flatMap((dead) => findingOf(dead)),
};

function findingOf({ entry, key, kind, alternatives }: DeadKey): readonly RuleFinding[] {
  if (kind !== 'regex') return [];
  const of = (change: string): (typeof alternatives)[number] | undefined =>
    alternatives.find((each) => each.change === change);
  const [start, end, both] = [of('search-start'), of('search-end'), of('search-both')];
  const best = start ?? end ?? both;
  if (best === undefined) return [];
  const finding: RuleFinding = {
    message: `pattern ${quote(key)} is found inside of names, and has to match them whole`,
    entries: [entry],
    help: `${quote(best.key)} matches, for example, ${quote(best.example)}.`,
    cause: deadCause(entry),
  };
  // With either side open it matches something else each time, and nobody can tell which was meant.
  if ((start !== undefined && end !== undefined) || best.taken) return [finding];
  return [
    { ...finding, fix: { title: `write ${quote(best.key)}`, edits: [{ kind: 'rename', entry, key: best.key }] } },
  ];
}
