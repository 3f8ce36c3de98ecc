import type {
  ConfigCount,
  ExplainedTensor,
  ExplainedTotals,
  KeyCount,
  ModelExplanation,
  PredictedFiles,
  TensorGroup,
  Tier,
} from '@fewbit/core';
import { bytesText } from '../terminal.ts';
import { findingsText } from './findings.ts';
import { styleOf, type Style } from './style.ts';
import { LEAST_WIDTH, printable, shorten, table, type ShrinkStep } from './table.ts';
import { countText } from './count.ts';

/** What of it to show, and how. */
export interface ExplainView {
  readonly groups: readonly TensorGroup[];
  /** Of the tensors that were selected; null when all are. */
  readonly selected: ExplainedTotals | null;
  readonly color: boolean;
  /** Characters of a line; null: as long as it is. */
  readonly columns: number | null;
  /** The most rows, 0 for all; undefined: a screen or two. */
  readonly limit: number | undefined;
}

// A screen or two.
const MOST_GROUPS = 100;
const MOST_KEYS = 20;
// Characters: such a message names up to fifty tensors.
const MOST_OF_REFUSAL = 400;

/** What `explain` shows a person: groups of tensors, what becomes of each, and the whole. */
export function explainText(report: ModelExplanation, view: ExplainView): string {
  const { totals, predicted, configs, keys, findings } = report;
  const { selected, color, columns: width, limit } = view;
  const style = styleOf(color);
  const most = (usual: number): number => (limit === undefined ? usual : limit === 0 ? Infinity : limit);
  const tables = [groupsText(view.groups, { style, width, most: most(MOST_GROUPS) }), '\n'];
  if (selected === null) tables.push(countsText(configs, keys, { style, width, most: most(MOST_KEYS) }), '\n');
  else tables.push(totalsText(selected, 'selected '), '\nof the whole checkpoint: ');
  return [
    ...tables,
    totalsText(totals),
    predicted === null ? '' : predictedText(predicted),
    findingsText(findings, { style, all: limit === 0 }),
  ].join('');
}

interface Look {
  readonly style: Style;
  readonly width: number | null;
  /** Rows. */
  readonly most: number;
}

const NAME = 0;
const BECOMES = 4;
const BECAUSE = 8;

// Names go last: cut short, the projections of a layer look the same.
const GROUPS_SHRINK: readonly ShrinkStep[] = [
  { columns: [BECOMES, BECAUSE], least: 20 },
  { columns: [NAME], least: 34 },
  { columns: [NAME, BECOMES, BECAUSE], least: LEAST_WIDTH },
];

/** Groups of tensors, and what becomes of each. */
function groupsText(groups: readonly TensorGroup[], { style, width, most }: Look): string {
  const shown = groups.slice(0, most);
  const paint = (text: string, row: number, column: number): string => {
    if (row < 0) return row === -1 ? style.bold(text) : style.dim(text);
    if (column !== BECOMES) return text;
    const { refused, config } = shown[row]?.example ?? { refused: false, config: null };
    return refused ? style.bad(text) : config === null ? style.dim(text) : style.good(text);
  };
  const body = table(
    ['tensors', 'count', 'dtype', 'shape', 'becomes', 'bits', 'before', 'after', 'because'],
    shown.map(groupRow),
    [1, 5, 6, 7],
    { width, shrink: GROUPS_SHRINK, paint },
  );
  const left = groups.length - shown.length;
  return left === 0 ? body : `${body}… and ${countText(left)} more rows (--limit 0 shows all)\n`;
}

function groupRow(group: TensorGroup): string[] {
  const { pattern, names, example, count, bytesBefore, bytesAfter } = group;
  const among = names > count ? ` of ${countText(names)}` : '';
  return [
    printable(pattern),
    count === 1 && names === 1 ? '' : `×${countText(count)}${among}`,
    example.dtype,
    `[${example.shape.join(', ')}]`,
    example.refused ? 'REFUSED' : configText(example),
    example.bitsAfter?.toFixed(2) ?? '–',
    bytesText(bytesBefore),
    bytesAfter === null ? '–' : bytesText(bytesAfter),
    printable(because(group)),
  ];
}

function configText({ config, summary }: ExplainedTensor): string {
  if (config === null) return '·';
  return printable(summary === null ? config : `${config}: ${summary}`);
}

function because({ example, keys }: TensorGroup): string {
  const { tier, key, reason, because: rule } = example;
  if (tier === 'none' && reason !== null) return reason;
  const decided = keys.length > 1 ? severalKeys(tier, key ?? '', keys.length) : `${tier} key ${String(key)}`;
  const why = [rule, reason].filter((text, at, all) => text !== null && all.indexOf(text) === at).join('; ');
  return why === '' ? decided : `${decided}: ${why}`;
}

function severalKeys(tier: Tier, key: string, count: number): string {
  return `${countText(count)} keys, such as ${tier} key ${key}`;
}

/** The whole, in a few lines. `of` names the tensors that are counted, where they are not all. */
export function totalsText(totals: ExplainedTotals, of = ''): string {
  const { quantizedTensors, tensors, elements, coverage, byteCoverage, bytesBefore, bytesAfter } = totals;
  const [bits, all] = [totals.bitsPerQuantizedElement, totals.bitsPerElement];
  return [
    `${countText(quantizedTensors)} of ${countText(tensors)} ${of}tensors quantized, ${percent(coverage)} of ${countText(elements)} weights`,
    ` and ${percent(byteCoverage)} of the bytes`,
    bits === null ? '' : `, at ${bits.toFixed(2)} bits each`,
    bits === null || all === null ? '' : ` (${all.toFixed(2)} over all)`,
    `\nsize ${bytesText(bytesBefore)} → ${bytesText(bytesAfter)}\n`,
  ].join('');
}

function predictedText(predicted: PredictedFiles | string): string {
  if (typeof predicted === 'string')
    return `quantize would refuse: ${shorten(printable(predicted), MOST_OF_REFUSAL)}\n`;
  const { files, byteLength } = predicted;
  return `in ${countText(files)} file${files === 1 ? '' : 's'}, headers included: ${bytesText(byteLength)}\n`;
}

/** What each config and each key gets. */
function countsText(configs: readonly ConfigCount[], keys: readonly KeyCount[], { style, width, most }: Look): string {
  const paint = (text: string, row: number): string =>
    row < 0 ? (row === -1 ? style.bold(text) : style.dim(text)) : text;
  const byConfig = table(
    ['config', 'tensors', 'weights', 'before', 'after'],
    configs.map((one) => [printable(`${one.config}: ${one.summary}`), ...countCells(one)]),
    [1, 2, 3, 4],
    { width, shrink: [{ columns: [0], least: LEAST_WIDTH }], paint },
  );
  const shown = keys.slice(0, most);
  const byKey = table(
    ['key', 'tensors', 'weights', 'before', 'after', 'use'],
    shown.map((one) => [printable(one.key), ...countCells(one), useText(one)]),
    [1, 2, 3, 4],
    { width, shrink: [{ columns: [0], least: LEAST_WIDTH }], paint },
  );
  const left = keys.length - shown.length;
  const more = left === 0 ? '' : `… and ${countText(left)} more keys (--limit 0 shows all)\n`;
  return `${configs.length === 0 ? '' : `${byConfig}\n`}${keys.length === 0 ? '' : `${byKey}${more}`}`;
}

function countCells({ tensors, elements, bytesBefore, bytesAfter }: ConfigCount | KeyCount): string[] {
  return [countText(tensors), countText(elements), bytesText(bytesBefore), bytesText(bytesAfter)];
}

function useText({ use, tensors, quantizedTensors }: KeyCount): string {
  if (use !== 'decides') return use;
  if (quantizedTensors === tensors) return 'quantizes';
  return quantizedTensors === 0 ? 'leaves alone' : `quantizes ${countText(quantizedTensors)}`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
