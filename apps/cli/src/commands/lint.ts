import { pathToFileURL } from 'node:url';
import { isAbsolute } from 'node:path';
import {
  FewbitError,
  parametersOf,
  parseRecipe,
  type Dialect,
  type JsonObject,
  type ParameterInfo,
  type ParsedRecipe,
} from '@fewbit/core';
import { builtinRules, fixRecipe, lintRecipe, toSarif, type LintRule, type LintSeverity } from '@fewbit/recipe-lint';
import { allDialects } from '../dialects.ts';
import { EXIT } from '../exit-code.ts';
import { openInput, readRecipeText } from '../inputs.ts';
import { pluginRules } from '../lint/plugin-rules.ts';
import { replaceFile } from '../write-file.ts';
import { readSettings } from '../lint/settings.ts';
import { loadRegistry } from '../registry.ts';
import { jsonText } from '../render/json.ts';
import { lintJson, lintText, MOST_OF_A_RULE, rulesText, totalsOf, type LintOutcome } from '../render/lint.ts';
import type { Terminal } from '../terminal.ts';
import { version } from '../version.ts';

export interface LintOptions {
  readonly checkpoint?: string;
  readonly consumer?: string;
  readonly rule: readonly (readonly [id: string, level: LintSeverity | 'off'])[];
  readonly maxWarnings?: number;
  readonly fix: boolean;
  readonly rules: boolean;
  readonly plugin: readonly string[];
  readonly json: boolean;
  readonly sarif: boolean;
  /** Findings of one rule that a person is shown; 0 for all. */
  readonly limit?: number;
}

/** What is wrong with a recipe, on a checkpoint's names where one is given. */
export async function lint(target: string | undefined, options: LintOptions, terminal: Terminal): Promise<number> {
  const registry = await loadRegistry(options.plugin);
  const rules: readonly LintRule[] = [...builtinRules, ...(await pluginRules(options.plugin))];
  if (options.rules) {
    terminal.out(options.json ? jsonText({ rules: rules.map(ruleJson) }) : rulesText(rules));
    return EXIT.ok;
  }
  if (target === undefined) {
    const hint = 'Give the path of a recipe, or --rules to see what is checked.';
    throw new FewbitError('FEWBIT_RECIPE_INVALID', { message: 'there is no recipe to lint', hint });
  }
  const settings = await readSettings(target);
  const consumer = options.consumer ?? settings.consumer;
  const severities = { ...settings.rules, ...Object.fromEntries(options.rule) };
  const text = await readRecipeText(target);
  const read = (source: string): ParsedRecipe => parseRecipe(source, registry);
  // Asked for before the checkpoint is opened: a recipe that cannot be read needs none.
  const first = read(text);
  const model = options.checkpoint === undefined ? NO_MODEL : await readModel(options.checkpoint);
  const judge = ({ recipe, warnings }: ParsedRecipe): ReturnType<typeof lintRecipe> =>
    lintRecipe({
      recipe,
      warnings,
      ...model,
      rules,
      severities,
      dialects: dialectsFor(consumer),
      ...(consumer !== null && { consumer }),
    });
  const outcome: LintOutcome = {
    recipe: target,
    checkpoint: options.checkpoint ?? null,
    ...(options.fix ? fixRecipe({ text, read, lint: judge }) : judged(text, first, judge)),
  };
  if (outcome.text !== text) await replaceFile(target, outcome.text);
  terminal.out(render(outcome, rules, options, terminal));
  const { errors, warnings } = totalsOf(outcome.findings);
  const allowed = options.maxWarnings ?? settings.maxWarnings ?? Infinity;
  return errors > 0 || warnings > allowed ? EXIT.failed : EXIT.ok;
}

/** Only the chosen consumer's: `fewbit portability` compares them all. */
function dialectsFor(consumer: string | null): readonly Dialect[] {
  return allDialects.filter(({ name }) => name === consumer);
}

interface LintedModel {
  readonly parameters: readonly ParameterInfo[] | null;
  readonly config: JsonObject | null;
}

const NO_MODEL: LintedModel = { parameters: null, config: null };

async function readModel(checkpoint: string): Promise<LintedModel> {
  const folder = await openInput(checkpoint);
  try {
    return { parameters: parametersOf(folder, folder.tensors), config: folder.config };
  } finally {
    await folder.close();
  }
}

function judged(
  text: string,
  read: ParsedRecipe,
  lintRead: (read: ParsedRecipe) => LintOutcome['findings'],
): Pick<LintOutcome, 'text' | 'read' | 'findings' | 'fixed'> {
  return { text, read, findings: lintRead(read), fixed: [] };
}

function render(outcome: LintOutcome, rules: readonly LintRule[], options: LintOptions, terminal: Terminal): string {
  if (options.sarif) {
    const { text, read, findings, recipe } = outcome;
    const uri = isAbsolute(recipe) ? pathToFileURL(recipe).href : encodeURI(recipe.replaceAll('\\', '/'));
    return jsonText(toSarif({ findings, rules, text, read, uri, version }));
  }
  return options.json
    ? jsonText(lintJson(outcome))
    : lintText(outcome, { color: terminal.color, limit: options.limit ?? MOST_OF_A_RULE });
}

function ruleJson({ id, severity, title, explanation }: LintRule): object {
  return { id, severity, title, explanation };
}
