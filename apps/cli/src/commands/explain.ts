import { decide, expertFindings, explainDecisions, findingsOf, parametersOf, totalsOf } from '@fewbit/core';
import { dialectsNamed } from '../dialects.ts';
import { EXIT } from '../exit-code.ts';
import { openInput, readRecipe } from '../inputs.ts';
import { loadRegistry } from '../registry.ts';
import { readingFindings } from '../render/reading-findings.ts';
import { explainText } from '../render/explain.ts';
import { jsonText } from '../render/json.ts';
import type { Terminal } from '../terminal.ts';

export interface ExplainOptions {
  readonly recipe: string;
  /** Name of the dialect to explain. Default: the documented one. */
  readonly dialect?: string;
  readonly plugin: readonly string[];
  readonly json: boolean;
}

/** What a recipe does to each tensor, and why, from the headers alone. */
export async function explain(target: string, options: ExplainOptions, terminal: Terminal): Promise<number> {
  const registry = await loadRegistry(options.plugin);
  const { recipe, warnings } = await readRecipe(options.recipe, registry);
  const folder = await openInput(target);
  try {
    const parameters = parametersOf(folder, folder.tensors);
    const decisions = decide(parameters, recipe);
    const [dialect] = dialectsNamed(options.dialect === undefined ? [] : [options.dialect]) ?? [];
    const reading = dialect?.read(recipe, { parameters, config: folder.config }) ?? null;
    const tensors = explainDecisions(decisions, { reading });
    const totals = totalsOf(tensors);
    const findings = [
      ...warnings,
      ...findingsOf(decisions),
      ...expertFindings(decisions),
      ...readingFindings(recipe, reading),
    ];
    terminal.out(
      options.json
        ? jsonText({
            checkpoint: target,
            recipe: options.recipe,
            dialect: options.dialect ?? 'documented',
            totals,
            findings,
            tensors,
          })
        : explainText(tensors, totals, findings),
    );
    if (tensors.some(({ refused }) => refused)) return EXIT.badInput;
    return reading?.failure ? EXIT.failed : EXIT.ok;
  } finally {
    await folder.close();
  }
}
