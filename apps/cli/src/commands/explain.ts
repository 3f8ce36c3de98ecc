import { safetensorsAdapter } from '@fewbit/adapters-safetensors';
import {
  checkSelectedKey,
  compileNameFilter,
  detailOf,
  explainModel,
  groupTensors,
  selectTensors,
  singleGroups,
  sortGroups,
  totalsOf,
  type ExplainedTensor,
  type GroupOrder,
  type ModelExplanation,
  type TensorGroup,
  type TensorState,
} from '@fewbit/core';
import { dialectsNamed } from '../dialects.ts';
import { EXIT } from '../exit-code.ts';
import { openInput, readRecipe } from '../inputs.ts';
import { loadRegistry } from '../registry.ts';
import { explainedJson } from '../render/explain-json.ts';
import { tensorText } from '../render/explain-tensor.ts';
import { explainText, percent } from '../render/explain.ts';
import { readingFindings } from '../render/reading-findings.ts';
import { streamJson } from '../render/json.ts';
import { styleOf } from '../render/style.ts';
import type { Terminal } from '../terminal.ts';

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
  const { recipe, warnings } = await readRecipe(options.recipe, registry);
  if (options.key !== undefined) checkSelectedKey(recipe, options.key);
  const folder = await openInput(target);
  try {
    const [dialect] = dialectsNamed(options.dialect === undefined ? [] : [options.dialect]) ?? [];
    const adapter = options.files ? safetensorsAdapter : null;
    const explained = explainModel(folder, { recipe, adapter, dialect: dialect ?? null });
    const { reading } = explained;
    const report = {
      ...explained,
      findings: [...warnings, ...explained.findings, ...readingFindings(recipe, reading)],
    };
    if (options.tensor === undefined) {
      const selection = { name, only: options.only ?? null, key: options.key ?? null };
      await show(report, selectTensors(report.tensors, selection), { target, options, terminal });
    } else await showTensor(report, options.tensor, { target, options, terminal });
    return verdict(report, options, terminal);
  } finally {
    await folder.close();
  }
}

interface Showing {
  readonly target: string;
  readonly options: ExplainOptions;
  readonly terminal: Terminal;
}

async function show(
  report: ModelExplanation,
  rows: readonly ExplainedTensor[],
  { target, options, terminal }: Showing,
): Promise<void> {
  const selected = rows === report.tensors ? null : totalsOf(rows);
  if (!options.json) {
    const groups = sorted(options.flat ? singleGroups(rows) : groupTensors(rows), options);
    const { color, columns } = terminal;
    terminal.out(explainText(report, { groups, selected, color, columns, limit: options.limit }));
    return;
  }
  const { totals, predicted, configs, keys, findings } = report;
  const head = { ...headOf(target, options), totals, selected, predicted, configs, keys, findings };
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
      `error: the recipe quantizes ${percent(coverage)} of ${elements.toLocaleString('en')} weights; --min-coverage asks for at least ${percent(minCoverage)}\n`,
    );
  }
  if (tensors.some(({ refused }) => refused)) return EXIT.badInput;
  return coverage < minCoverage || reading?.failure ? EXIT.failed : EXIT.ok;
}
