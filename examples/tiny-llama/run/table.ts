/** One recipe, measured. */
export interface Row {
  readonly recipe: string;
  /** Of all tensor data. */
  readonly bytes: number;
  /** Over all tensors, scales and zero points included. */
  readonly bitsPerWeight: number;
  readonly perplexity: number;
  /** Tokens a second: many at once, and one by one. */
  readonly prefill: number;
  readonly decode: number;
}

const COLUMNS: readonly (readonly [title: string, cell: (row: Row) => string])[] = [
  ['recipe', ({ recipe }) => recipe],
  ['bytes', ({ bytes }) => bytes.toLocaleString('en')],
  ['bits/weight', ({ bitsPerWeight }) => bitsPerWeight.toFixed(2)],
  ['perplexity', ({ perplexity }) => perplexity.toFixed(4)],
  ['prefill tokens/s', ({ prefill }) => prefill.toFixed(0)],
  ['decode tokens/s', ({ decode }) => decode.toFixed(0)],
];

/** The rows as a table in Markdown, which also reads well as it is. */
export function tableOf(rows: readonly Row[]): string {
  const columns = COLUMNS.map(([title, cell]) => [title, ...rows.map(cell)]);
  const widths = columns.map((cells) => Math.max(...cells.map(({ length }) => length)));
  const line = (at: number): string =>
    `| ${columns.map((cells, column) => padded(cells[at] ?? '', widths[column] ?? 0, column)).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(0), rule, ...rows.map((_, row) => line(row + 1))].join('\n');
}

function padded(text: string, width: number, column: number): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width);
}
