import { decide, expertFindings, explainDecisions, findingsOf, parametersOf, totalsOf } from '@fewbit/core';
import { EXIT } from '../exit-code.ts';
import { openInput, readRecipe } from '../inputs.ts';
import { loadRegistry } from '../registry.ts';
import { explainText } from '../render/explain.ts';
import { jsonText } from '../render/json.ts';
import type { Terminal } from '../terminal.ts';

export interface ExplainOptions {
  readonly recipe: string;
  readonly plugin: readonly string[];
  readonly json: boolean;
}

/** What a recipe does to each tensor, and why, from the headers alone. */
export async function explain(target: string, options: ExplainOptions, terminal: Terminal): Promise<number> {
  const registry = await loadRegistry(options.plugin);
  const { recipe, warnings } = await readRecipe(options.recipe, registry);
  const folder = await openInput(target);
  try {
    const decisions = decide(parametersOf(folder, folder.tensors), recipe);
    const tensors = explainDecisions(decisions);
    const totals = totalsOf(tensors);
    const findings = [...warnings, ...findingsOf(decisions), ...expertFindings(decisions)];
    terminal.out(
      options.json
        ? jsonText({ checkpoint: target, recipe: options.recipe, totals, findings, tensors })
        : explainText(tensors, totals, findings),
    );
    return tensors.some(({ refused }) => refused) ? EXIT.badInput : EXIT.ok;
  } finally {
    await folder.close();
  }
}
