import { safetensorsAdapter } from '@fewbit/adapters-safetensors';
import type { CheckpointFolder } from '@fewbit/adapters-safetensors/node';
import {
  checkSelectedKey,
  compileNameFilter,
  detailOf,
  explainModel,
  groupTensors,
  parseRecipe,
  selectTensors,
  singleGroups,
  sortGroups,
  totalsOf,
  type ExplainedTensor,
  type GroupOrder,
  type ModelExplanation,
  type ParsedRecipe,
  type TensorGroup,
  type TensorState,
} from '@fewbit/core';
import { builtinRules, lintRecipe } from '@fewbit/recipe-lint';
import { dialectsNamed } from '../dialects.ts';
import { EXIT } from '../exit-code.ts';
import { openInput, readRecipeText } from '../inputs.ts';
import { pluginRules } from '../lint/plugin-rules.ts';
import { readSettings } from '../lint/settings.ts';
import { loadRegistry } from '../registry.ts';
import { explainedJson } from '../render/explain-json.ts';
import { tensorText } from '../render/explain-tensor.ts';
import { explainText, percent } from '../render/explain.ts';
import { lintJson, lintText, MOST_OF_A_RULE, totalsOf as lintTotals, type LintOutcome } from '../render/lint.ts';
import { readingFindings } from '../render/reading-findings.ts';
import { streamJson } from '../render/json.ts';
import { styleOf } from '../render/style.ts';
import type { Terminal } from '../terminal.ts';
import { countText } from '../render/count.ts';

export interface ExplainOptions {
  readonly recipe: string;
  /** Name of the dialect to explain. Default: the documented one. */
  readonly dialect?: string;
  /** Default: the checkpoint's own order. */
  readonly sort?: GroupOrder;
  /** A glob, or `re:` and a Python pattern. */
  readonly filter?: string;
  readonly only?: TensorState;
  readonly key?: string;
  /** FQN of the one tensor to show. */
  readonly tensor?: string;
  readonly flat: boolean;
  /** Predict the files too. */
  readonly files: boolean;
  /** Judge the recipe too. */
  readonly lint: boolean;
  /** The most rows, 0 for all. Default: a screen or two for people, all for programs. */
  readonly limit?: number;
  /** Share of the weights, from 0 to 1. */
  readonly minCoverage?: number;
  readonly plugin: readonly string[];
  readonly json: boolean;
}

/** What a recipe does to each tensor, and why, from the headers alone. */
export async function explain(target: string, options: ExplainOptions, terminal: Terminal): Promise<number> {
  const name = options.filter === undefined ? null : compileNameFilter(options.filter);
  const registry = await loadRegistry(options.plugin);
  const text = await readRecipeText(options.recipe);
  const read = parseRecipe(text, registry);
  const { recipe, warnings } = read;
  if (options.key !== undefined) checkSelectedKey(recipe, options.key);
  const folder = await openInput(target);
  try {
    const [dialect] = dialectsNamed(options.dialect === undefined ? [] : [options.dialect]) ?? [];
    const adapter = options.files ? safetensorsAdapter : null;
    const explained = explainModel(folder, { recipe, adapter, dialect: dialect ?? null });
    const { reading } = explained;
    const linted = options.lint ? await judge({ target, options, text, read, folder, explained }) : null;
    // Lint finds what is found here, and says more of it.
    const own = linted === null ? [...warnings, ...explained.findings] : [];
    const report = { ...explained, findings: [...own, ...readingFindings(recipe, reading)] };
    if (options.tensor === undefined) {
      const selection = { name, only: options.only ?? null, key: options.key ?? null };
      await show(report, selectTensors(report.tensors, selection), { target, options, terminal, linted });
    } else await showTensor(report, options.tensor, { target, options, terminal, linted });
    const wrong = linted !== null && lintTotals(linted.findings).errors > 0;
    return wrong ? EXIT.failed : verdict(report, options, terminal);
  } finally {
    await folder.close();
  }
}

interface Showing {
  readonly target: string;
  readonly options: ExplainOptions;
  readonly terminal: Terminal;
  readonly linted: LintOutcome | null;
}

interface Judging extends Pick<Showing, 'target' | 'options'> {
  readonly text: string;
  readonly read: ParsedRecipe;
  readonly folder: CheckpointFolder;
  readonly explained: ModelExplanation;
}

/** Lint on what is decided already, with the settings that lie beside the recipe. */
async function judge({ target, options, text, read, folder, explained }: Judging): Promise<LintOutcome> {
  const settings = await readSettings(options.recipe);
  const findings = lintRecipe({
    recipe: read.recipe,
    warnings: read.warnings,
    parameters: explained.decisions.list.map(({ parameter }) => parameter),
    decisions: explained.decisions,
    config: folder.config,
    rules: [...builtinRules, ...(await pluginRules(options.plugin))],
    severities: settings.rules,
  });
  return { recipe: options.recipe, checkpoint: target, text, read, findings, fixed: [] };
}

async function show(
  report: ModelExplanation,
  rows: readonly ExplainedTensor[],
  { target, options, terminal, linted }: Showing,
): Promise<void> {
  const selected = rows === report.tensors ? null : totalsOf(rows);
  if (!options.json) {
    const siblings = selected === null ? report.decisions.survey.siblings : null;
    const groups = sorted(options.flat ? singleGroups(rows) : groupTensors(rows, siblings), options);
    const { color, columns } = terminal;
    terminal.out(explainText(report, { groups, selected, color, columns, limit: options.limit }));
    if (linted !== null) terminal.out(`\n${lintText(linted, { color, limit: options.limit ?? MOST_OF_A_RULE })}`);
    return;
  }
  const { totals, predicted, configs, keys, findings } = report;
  const head = {
    ...headOf(target, options),
    totals,
    selected,
    predicted,
    configs,
    keys,
    findings,
    ...(linted === null ? {} : { lint: lintJson(linted) }),
  };
  const order = options.sort === undefined ? rows : sorted(singleGroups(rows), options).map(({ example }) => example);
  const most = options.limit ?? 0;
  const items = most === 0 ? order : order.slice(0, most);
  await streamJson(terminal, head, { name: 'tensors', items, valueOf: (tensor) => explainedJson({ tensor }) });
}

async function showTensor(
  { tensors, decisions }: ModelExplanation,
  name: string,
  { target, options, terminal }: Showing,
): Promise<void> {
  const detail = detailOf(tensors, decisions, name);
  const head = headOf(target, options);
  if (options.json) await streamJson(terminal, head, { name: 'tensors', items: [detail], valueOf: explainedJson });
  else terminal.out(tensorText(detail, styleOf(terminal.color)));
}

function headOf(target: string, { recipe, dialect = 'documented' }: ExplainOptions): Readonly<Record<string, string>> {
  return { checkpoint: target, recipe, dialect };
}

function sorted(groups: readonly TensorGroup[], { sort }: ExplainOptions): readonly TensorGroup[] {
  return sort === undefined ? groups : sortGroups(groups, sort);
}

function verdict({ totals, tensors, reading }: ModelExplanation, options: ExplainOptions, terminal: Terminal): number {
  const { minCoverage = 0 } = options;
  const { coverage, elements } = totals;
  if (coverage < minCoverage) {
    terminal.err(
      `error: the recipe quantizes ${percent(coverage)} of ${countText(elements)} weights; --min-coverage asks for at least ${percent(minCoverage)}\n`,
    );
  }
  if (tensors.some(({ refused }) => refused)) return EXIT.badInput;
  return coverage < minCoverage || reading?.failure ? EXIT.failed : EXIT.ok;
}
