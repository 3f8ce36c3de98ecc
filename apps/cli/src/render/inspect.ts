import { weightWords, type CheckpointDescription, type InspectedTensor } from '@fewbit/adapters-safetensors';
import { groupNames } from '@fewbit/core';
import { bytesText } from '../terminal.ts';
import { printable, table } from './table.ts';
import { countText } from './count.ts';

export interface Inspected {
  readonly target: string;
  readonly files: readonly { readonly name: string; readonly byteLength: number }[];
  readonly description: CheckpointDescription;
}

/** Tensors whose names differ only in numbers as one line, then files, totals, what is wrong, and who can load it. */
export function inspectText({ files, description }: Inspected): string {
  const { tensors, totals, findings, loading } = description;
  const groups = groupNames(
    tensors.map(({ name }) => name),
    (place) => identityOf(tensors[place]),
  );
  const body = table(
    ['tensors', 'count', 'kind', 'stored as', 'dtype', 'shape', 'bits/weight', 'size'],
    groups.map(({ pattern, members }) =>
      groupRow(
        pattern,
        members.flatMap((place) => tensors[place] ?? []),
      ),
    ),
    [1, 6, 7],
  );
  const fileLines = files
    .slice(0, MOST_FILES)
    .map(({ name, byteLength }) => `  ${printable(name)}  ${bytesText(byteLength)}\n`);
  const more = files.length > MOST_FILES ? `  and ${files.length - MOST_FILES} more\n` : '';
  return [
    `${body}\n`,
    `${totals.tensors} tensors, ${bytesText(totals.bytes)}, in ${files.length} file(s)\n`,
    ...fileLines,
    more,
    totalsText(description),
    findingsText(findings),
    '\n',
    ...loading.map(verdictText),
  ].join('');
}

// More than that says nothing that the first ones do not.
const MOST_FILES = 8;

function identityOf(tensor: InspectedTensor | undefined): string {
  if (tensor === undefined) return '';
  const { dtype, shape, scheme, words, kind } = tensor;
  return `${dtype ?? ''} ${shape?.join() ?? ''} ${kind} ${scheme?.format ?? ''} ${words ?? ''}`;
}

function groupRow(pattern: string, rows: readonly InspectedTensor[]): string[] {
  const { dtype = null, shape = null, scheme = null, kind = 'other', bitsPerWeight = null } = rows[0] ?? {};
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
  return [
    printable(pattern),
    rows.length === 1 ? '' : `×${rows.length}`,
    kind,
    scheme === null ? 'plain' : printable(`${scheme.format} ${weightWords(scheme)}`),
    dtype ?? '?',
    shape === null ? '?' : `[${shape.join(', ')}]`,
    bitsPerWeight === null ? '–' : bitsPerWeight.toFixed(2),
    bytesText(bytes),
  ];
}

function totalsText({ totals, quantization }: CheckpointDescription): string {
  const { parameters, quantizedParameters, uncounted, bitsPerWeight, quantizedBitsPerWeight, schemes } = totals;
  const share = parameters === 0 ? 0 : (100 * quantizedParameters) / parameters;
  const bits = bitsPerWeight === null ? '' : `, ${bitsPerWeight.toFixed(2)} bits per weight`;
  const lines = [`${uncounted > 0 ? 'at least ' : ''}${countText(parameters)} parameters${bits}`];
  if (uncounted > 0) lines.push(`of ${uncounted} tensor(s) nothing says how many elements they have`);
  if (totals.quantizedTensors > 0) {
    const each = quantizedBitsPerWeight === null ? '' : `, at ${quantizedBitsPerWeight.toFixed(2)} bits each`;
    lines.push(`${totals.quantizedTensors} tensors quantized, ${share.toFixed(1)} % of the parameters${each}`);
  }
  for (const { format, scheme, tensors, bytes, bitsPerWeight: own } of schemes.slice(0, MOST_SCHEMES)) {
    const words = printable(`${format} ${scheme}`);
    lines.push(
      `  ×${tensors}  ${words}  ${bytesText(bytes)}${own === null ? '' : `, ${own.toFixed(2)} bits per weight`}`,
    );
  }
  if (quantization !== null) {
    lines.push(
      `config.json says ${printable(JSON.stringify(quantization.method.slice(0, 60)))} in ${quantization.place}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

const MOST_SCHEMES = 20;

const LABELS = { error: 'ERROR', warning: 'WARNING', note: 'note' } as const;

/** Loud: what nobody sees is what keeps a model from loading. */
function findingsText(findings: CheckpointDescription['findings']): string {
  if (findings.length === 0) return '';
  const lines = findings.map(({ severity, message }) => `${LABELS[severity]}: ${printable(message)}`);
  return `\n${lines.join('\n')}\n`;
}

function verdictText({ consumer, verdict, reasons }: CheckpointDescription['loading'][number]): string {
  const because = reasons.length === 0 ? '' : ` (${reasons.slice(0, 3).map(printable).join('; ')})`;
  switch (verdict) {
    case 'no':
      return `${consumer}: does not load it rightly; ${reasons.length === 1 ? 'see the error' : `see the ${reasons.length} errors`} above\n`;
    case 'nothing-found':
      return `${consumer}: nothing found that would stop it${because}\n`;
    case 'unknown':
      return `${consumer}: not known${because}\n`;
  }
}
