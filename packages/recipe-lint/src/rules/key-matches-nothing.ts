import { quote } from '@fewbit/core';
import { diagnose, PythonReError, type Diagnosis, type Pattern } from '@fewbit/python-re';
import { deadCause, deadKeys } from '../model/dead-keys.ts';
import { representatives } from '../model/names.ts';
import type { LintKey } from '../context.ts';
import type { LintRule } from '../rule.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const MODEL = { tensors: { 'model.layers.0.mlp.up_proj.weight': [8, 8], 'lm_head.weight': [8, 8] } };

export const keyMatchesNothing: LintRule = {
  id: 'key-matches-nothing',
  severity: 'error',
  title: 'a key matches nothing',
  explanation:
    'A key that no name fits is taken in silence by torchao and transformers alike, and what it was written for stays as it is. For a null it is a warning: what it was to protect may be quantized.',
  examples: {
    bad: [
      { why: 'a slip', recipe: { 'lm_heed.weight': INT8 }, model: MODEL },
      { why: 'a layer that is not there', recipe: { 'model.layers.7.mlp.up_proj': INT8 }, model: MODEL },
      {
        why: 'a pattern that goes wrong in the middle',
        recipe: { 're:model\\.layers\\.\\d+\\.mlp\\.up_prj': INT8 },
        model: MODEL,
      },
      { why: 'a null for a part that this model lacks', recipe: { 're:.*vision_tower.*': null }, model: MODEL },
    ],
    good: [
      { why: 'a module', recipe: { lm_head: INT8 }, model: MODEL },
      { why: 'without a checkpoint nothing can be said', recipe: { 'lm_heed.weight': INT8 } },
    ],
  },
  check: (context) => {
    const { model } = context;
    if (model === null) return [];
    let diagnoses = 0;
    let kinds: readonly string[] | null = null;
    return deadKeys(context).map((dead) => {
      const nearest = model.uses[dead.entry]?.nearest ?? null;
      const examined = dead.kind === 'regex' && diagnoses++ < MOST_DIAGNOSED;
      const help =
        nearest !== null
          ? `Did you mean ${quote(nearest)}?`
          : examined
            ? whereItStops(dead, (kinds ??= representatives(model.samples, MOST_TEMPLATES)))
            : null;
      return {
        message: `key ${quote(dead.key)} matches nothing in this checkpoint`,
        entries: [dead.entry],
        cause: deadCause(dead.entry),
        ...(help !== null && { help }),
        ...(dead.config === null && { severity: 'warning' as const }),
      };
    });
  },
};

// Telling where a pattern stops takes as long as many matches.
const MOST_DIAGNOSED = 10;
const MOST_NAMES = 6;
const MOST_TEMPLATES = 400;

/** Of names of each kind, the one that the pattern fits farthest, and the part of the pattern that does not. */
function whereItStops({ pattern }: LintKey, kinds: readonly string[]): string | null {
  if (pattern === null) return null;
  let best: { readonly name: string; readonly diagnosis: Diagnosis } | null = null;
  for (const name of alike(pattern.pattern, kinds)) {
    const diagnosis = diagnosed(pattern, name);
    if (diagnosis !== undefined && diagnosis.reached > (best?.diagnosis.reached ?? 0)) best = { name, diagnosis };
  }
  if (best === null) return null;
  const { name, diagnosis } = best;
  const characters = Array.from(name);
  const [fits, rest] = [characters.slice(0, diagnosis.reached).join(''), characters.slice(diagnosis.reached).join('')];
  return diagnosis.part === undefined
    ? `It ends too early: of ${quote(name)} it leaves ${quote(rest)}.`
    : `It comes farthest with ${quote(name)}: ${quote(fits)} fits, then ${quote(diagnosis.part.text)} does not fit ${quote(rest)}.`;
}

/** The names that share the most words with the pattern. */
function alike(pattern: string, names: readonly string[]): readonly string[] {
  const words = new Set(wordsOf(pattern));
  const scored = names.map((name) => ({ name, score: wordsOf(name).filter((word) => words.has(word)).length }));
  return scored
    .toSorted((left, right) => right.score - left.score)
    .slice(0, MOST_NAMES)
    .map(({ name }) => name);
}

function wordsOf(text: string): readonly string[] {
  return text.split(/\W+/).filter((word) => word.length > 1);
}

function diagnosed(pattern: Pattern, name: string): Diagnosis | undefined {
  try {
    return diagnose(pattern, name);
  } catch (error) {
    // A pattern that needs too long for one name is no better explained by it.
    if (error instanceof PythonReError) return undefined;
    throw error;
  }
}
