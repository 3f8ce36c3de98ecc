import { formatRecipe, parametersOf, type Dialect, type DialectModel, type Recipe } from '@fewbit/core';
import { compareDialects, documented, toPortableRecipe, type PortableForm } from '@fewbit/dialects';
import { allDialects } from '../dialects.ts';
import { EXIT } from '../exit-code.ts';
import { openInput, readRecipe } from '../inputs.ts';
import { writeNewFile } from '../write-file.ts';
import { loadRegistry } from '../registry.ts';
import { findingsText } from '../render/findings.ts';
import { jsonText } from '../render/json.ts';
import { comparisonJson, portableJson } from '../render/portability-json.ts';
import { comparisonText, refusalText } from '../render/portability.ts';
import type { Terminal } from '../terminal.ts';

export interface PortabilityOptions {
  readonly recipe: string;
  /** Default: all. */
  readonly dialects?: readonly Dialect[];
  readonly fix: boolean;
  /** Where the portable form goes; without it to standard output. */
  readonly out?: string;
  readonly overwrite: boolean;
  readonly plugin: readonly string[];
  readonly json: boolean;
}

/** Where the dialects disagree about a recipe on a checkpoint, and the form of it that they read alike. */
export async function portability(target: string, options: PortabilityOptions, terminal: Terminal): Promise<number> {
  const registry = await loadRegistry(options.plugin);
  const { recipe, warnings } = await readRecipe(options.recipe, registry);
  const folder = await openInput(target);
  try {
    const model: DialectModel = { parameters: parametersOf(folder, folder.tensors), config: folder.config };
    const dialects = options.dialects ?? allDialects;
    if (options.fix) return await fix(target, { recipe, model, dialects }, options, terminal);
    const comparison = compareDialects(recipe, model, dialects);
    terminal.out(
      options.json
        ? jsonText({ ...about(target, options), findings: warnings, ...comparisonJson(comparison, recipe, model) })
        : `${comparisonText(comparison, recipe, model)}${findingsText(warnings)}`,
    );
    return comparison.agree ? EXIT.ok : EXIT.failed;
  } finally {
    await folder.close();
  }
}

async function fix(
  target: string,
  { recipe, model, dialects }: { recipe: Recipe; model: DialectModel; dialects: readonly Dialect[] },
  options: PortabilityOptions,
  terminal: Terminal,
): Promise<number> {
  const form = toPortableRecipe(recipe, model, dialects, { reference: documented });
  const text = form.recipe === null ? null : formatRecipe(form.recipe);
  if (text !== null && options.out !== undefined) await writeNewFile(options.out, text, options.overwrite);
  if (options.json) {
    const out = text === null ? null : (options.out ?? null);
    const portable = options.out === undefined ? text : null;
    terminal.out(jsonText({ ...about(target, options), out, portable, ...portableJson(form, model) }));
  } else report(form, text, { model, dialects, options, terminal });
  return form.recipe === null ? EXIT.failed : EXIT.ok;
}

interface Reporting {
  readonly model: DialectModel;
  readonly dialects: readonly Dialect[];
  readonly options: PortabilityOptions;
  readonly terminal: Terminal;
}

/** The recipe alone goes to standard output, to be piped; what is said about it to standard error. */
function report(form: PortableForm, text: string | null, { model, dialects, options, terminal }: Reporting): void {
  if (form.recipe === null || text === null) {
    terminal.err(refusalText(form, model));
    return;
  }
  if (options.out === undefined) terminal.out(text);
  const names = dialects.map(({ name }) => name).join(', ');
  terminal.err(
    `${form.recipe.entries.length} keys, read alike by ${names}${options.out === undefined ? '' : `, in ${options.out}`}\n`,
  );
}

function about(target: string, { recipe, dialects }: PortabilityOptions): Readonly<Record<string, unknown>> {
  return { checkpoint: target, recipe, asked: (dialects ?? allDialects).map(({ name }) => name) };
}
