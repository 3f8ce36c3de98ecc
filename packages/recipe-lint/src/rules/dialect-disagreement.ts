import { quote, sameConfig, type Dialect } from '@fewbit/core';
import { involve, type RuleFinding } from '../finding.ts';
import type { LintContext } from '../context.ts';
import type { LintRule } from '../rule.ts';
import { given } from '../words.ts';
import { unreadCause } from './consumer-cannot-load.ts';

export const dialectDisagreement: LintRule = {
  id: 'dialect-disagreement',
  severity: 'warning',
  title: 'a consumer gives tensors another config than the recipe says',
  explanation:
    'torchao as coded, transformers and vLLM each resolve a recipe in a way of their own. What fewbit writes follows the documentation; somebody who applies the same recipe with another program gets something else for these tensors. Needs dialects; a warning for the chosen consumer, a note for the others.',
  // Dialects come from outside of this package, so the examples are in its tests.
  examples: { bad: [], good: [] },
  check: (context) => context.dialects.flatMap((dialect) => disagreements(dialect, context)),
};

function disagreements(dialect: Dialect, context: LintContext): readonly RuleFinding[] {
  const { keys, model, consumer } = context;
  const reading = context.read(dialect);
  // A reading that ends in an error says nothing about what comes after it; `consumer-fails` has it.
  if (model === null || reading?.failure !== null) return [];
  const groups: Map<
    string,
    { readonly ours: number; readonly theirs: number; readonly because: string; readonly names: string[] }
  > = new Map();
  model.decisions.list.forEach(({ parameter, resolution, quantizer, refusal }, index) => {
    const verdict = reading.verdicts[index];
    // A tensor that its config refuses has a finding of its own.
    if (verdict === undefined || refusal !== null) return;
    const ours = quantizer === null ? null : (keys[resolution.entry]?.config ?? null);
    const theirs = verdict.outcome === 'plain' ? null : (keys[verdict.entry]?.config ?? null);
    if (sameConfig(ours, theirs)) return;
    const identity = `${ours === null ? -1 : resolution.entry}:${theirs === null ? -1 : verdict.entry}:${verdict.because}`;
    const group = groups.get(identity);
    if (group !== undefined) group.names.push(parameter.name);
    else
      groups.set(identity, {
        ours: resolution.entry,
        theirs: verdict.entry,
        because: verdict.because,
        names: [parameter.name],
      });
  });
  return Array.from(groups.values(), ({ ours, theirs, because, names }): RuleFinding => {
    const [documented, theirsGiven] = [keys[ours]?.config ?? null, keys[theirs]?.config ?? null];
    const message = `${dialect.title} gives ${quote(names[0] ?? '')} ${given(theirsGiven)} instead of ${given(documented)}: ${because}`;
    return {
      message,
      entries: [...new Set([theirs, ours].filter((entry) => entry !== -1))],
      tensors: involve(names),
      cause: theirsGiven === null ? unreadCause(ours, names[0] ?? '') : `${dialect.name}:${theirs}:${ours}:${because}`,
      ...(consumer !== dialect.name && { severity: 'note' }),
    };
  });
}
