import { quote } from '@fewbit/core';
import { deadCause, deadKeys } from '../model/dead-keys.ts';
import type { RuleFinding } from '../finding.ts';
import type { LintRule } from '../rule.ts';
import { listed } from '../words.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const MODEL = { tensors: { 'model.layers.0.q_proj.weight': [8, 8], 'lm_head.weight': [8, 8] } };
const TWO_TOWERS = {
  tensors: {
    'model.language_model.layers.0.q_proj.weight': [8, 8],
    'model.vision_tower.layers.0.q_proj.weight': [8, 8],
  },
};

export const missingPrefix: LintRule = {
  id: 'missing-prefix',
  severity: 'error',
  title: 'a key lacks the beginning of the name, or has another one',
  explanation:
    'Keys are compared with whole names. "layers.0" is not "model.layers.0", and libraries differ in what they put in front: "model.", "language_model.model.", "model.language_model.".',
  examples: {
    bad: [
      {
        why: 'the beginning is missing',
        recipe: { 'layers.0.q_proj': INT8 },
        model: MODEL,
        fixed: { 'model.layers.0.q_proj': INT8 },
      },
      {
        why: 'the beginning is doubled',
        recipe: { 'model.model.layers.0.q_proj': INT8 },
        model: MODEL,
        fixed: { 'model.layers.0.q_proj': INT8 },
      },
      { why: 'it should have none', recipe: { 'model.lm_head': null }, model: MODEL, fixed: { lm_head: null } },
      {
        why: 'in a pattern',
        recipe: { 're:layers\\.\\d+\\.q_proj': INT8 },
        model: MODEL,
        fixed: { 're:model\\.layers\\.\\d+\\.q_proj': INT8 },
      },
      {
        why: 'the order of two libraries',
        recipe: { 're:language_model\\.model\\.layers\\.\\d+\\.q_proj': INT8 },
        model: { tensors: { 'model.language_model.layers.0.q_proj.weight': [8, 8] } },
        fixed: { 're:model\\.language_model\\.layers\\.\\d+\\.q_proj': INT8 },
      },
      {
        why: 'a recipe for two libraries: only a note',
        recipe: { 'language_model.model.layers.0.q_proj': INT8, 'model.layers.0.q_proj': INT8 },
        model: MODEL,
      },
      { why: 'two beginnings would do, so nothing is certain', recipe: { 'layers.0.q_proj': INT8 }, model: TWO_TOWERS },
    ],
    good: [
      { why: 'whole', recipe: { 'model.layers.0.q_proj': INT8 }, model: MODEL },
      { why: 'a pattern that is open in front', recipe: { 're:.*layers\\.\\d+\\.q_proj': INT8 }, model: MODEL },
      { why: 'no beginning makes it a name', recipe: { 'layers.7.q_proj': INT8 }, model: MODEL },
    ],
  },
  check: (context) =>
    deadKeys(context).flatMap(({ entry, key, alternatives }): RuleFinding[] => {
      const fitting = alternatives.filter(({ change }) => change === 'prefix');
      const [first] = fitting;
      if (first === undefined) return [];
      const message = `key ${quote(key)} matches nothing: the names of this checkpoint begin in another way`;
      const cause = deadCause(entry);
      const twin = fitting.find(({ taken }) => taken);
      if (twin !== undefined) {
        const here = `key ${quote(key)} matches nothing in this checkpoint, and ${quote(twin.key)} says the same for its names`;
        return [{ message: here, entries: [entry], severity: 'note', cause }];
      }
      if (fitting.length > 1) {
        const help = `It could be ${listed(fitting.map((each) => each.key))}.`;
        return [{ message, entries: [entry], help, cause }];
      }
      const title = `write ${quote(first.key)}`;
      const fix = { title, edits: [{ kind: 'rename' as const, entry, key: first.key }] };
      return [{ message, entries: [entry], help: `Only ${quote(first.key)} matches.`, fix, cause }];
    }),
};
