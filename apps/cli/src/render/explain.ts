import { groupTensors, type ExplainedTensor, type ExplainedTotals, type Finding, type TensorGroup } from '@fewbit/core';
import { bytesText } from '../terminal.ts';
import { printable, table } from './table.ts';

/** What `explain` shows a person: groups of tensors, what becomes of each, and the whole. */
export function explainText(
  rows: readonly ExplainedTensor[],
  totals: ExplainedTotals,
  findings: readonly Finding[],
): string {
  const body = table(
    ['tensors', 'count', 'dtype', 'shape', 'becomes', 'before', 'after', 'because'],
    groupTensors(rows).map(groupRow),
    [1, 5, 6],
  );
  return `${body}\n${totalsText(totals)}${findingsText(findings)}`;
}

function groupRow(group: TensorGroup): string[] {
  const { pattern, example, count, bytesBefore, bytesAfter } = group;
  return [
    printable(pattern),
    count === 1 ? '' : `×${count}`,
    example.dtype,
    `[${example.shape.join(', ')}]`,
    example.refused ? 'REFUSED' : (example.config ?? '·'),
    bytesText(bytesBefore),
    bytesAfter === null ? '–' : bytesText(bytesAfter),
    printable(because(example)),
  ];
}

function because({ tier, key, reason }: ExplainedTensor): string {
  if (reason !== null && tier === 'none') return reason;
  const decided = `${tier} key ${String(key)}`;
  return reason === null ? decided : `${decided}: ${reason}`;
}

export function totalsText(totals: ExplainedTotals): string {
  const share = totals.elements === 0 ? 0 : (100 * totals.quantizedElements) / totals.elements;
  const bits = totals.bitsPerQuantizedElement;
  return [
    `${totals.quantizedTensors} of ${totals.tensors} tensors quantized, ${share.toFixed(1)} % of ${totals.elements.toLocaleString('en')} weights`,
    bits === null ? '' : `, at ${bits.toFixed(2)} bits each`,
    `\nsize ${bytesText(totals.bytesBefore)} → ${bytesText(totals.bytesAfter)}\n`,
  ].join('');
}

/** Loud: a key that does nothing is what users never notice. */
export function findingsText(findings: readonly Finding[]): string {
  if (findings.length === 0) return '';
  const lines = findings.map(
    ({ severity, message }) => `${severity === 'warning' ? 'WARNING' : 'note'}: ${printable(message)}`,
  );
  return `\n${lines.join('\n')}\n`;
}
