/** How a table fits a terminal. */
export interface TableFit {
  /** Characters of a line; null for as wide as it is. */
  readonly width: number | null;
  /** Columns whose cells may be shortened, and to how many characters: one step after the other, until the line fits. */
  readonly shrink: readonly ShrinkStep[];
  /** Colours a cell that is padded already. Row -1 is the header, -2 the rule below it. */
  readonly paint?: (text: string, row: number, column: number) => string;
}

export interface ShrinkStep {
  readonly columns: readonly number[];
  readonly least: number;
}

/** Less says nothing of a tensor's name any more; then lines wrap. */
export const LEAST_WIDTH = 14;

const GAP = 2;

/** Columns of text, padded; numbers to the right. The last column is not padded, so that lines end where they end. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  alignRight: readonly number[] = [],
  fit: TableFit = { width: null, shrink: [] },
): string {
  const widths = fitted(naturalWidths(header, rows), fit);
  const right = new Set(alignRight);
  const paint = fit.paint ?? ((text) => text);
  const line = (row: readonly string[], index: number): string =>
    row
      .map((cell, column) => {
        const most = widths[column] ?? 0;
        const text = shorten(cell, most);
        const space = ' '.repeat(most - width(text));
        const last = column === row.length - 1;
        return paint(right.has(column) ? space + text : last ? text : text + space, index, column);
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  const rule = paint(widths.map((each) => '─'.repeat(each)).join(' '.repeat(GAP)), -2, 0);
  return [line(header, -1), rule, ...rows.map(line)].join('\n') + '\n';
}

function naturalWidths(header: readonly string[], rows: readonly (readonly string[])[]): number[] {
  const widths = header.map(width);
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, width(cell));
    });
  }
  return widths;
}

/** Takes, in each step, from the widest of the columns that may shrink, until the line fits. */
function fitted(natural: readonly number[], { width: most, shrink }: TableFit): number[] {
  const widths = [...natural];
  if (most === null) return widths;
  let excess = widths.reduce((sum, each) => sum + each + GAP, -GAP) - most;
  const at = (column: number): number => widths[column] ?? 0;
  for (const { columns, least } of shrink) {
    while (excess > 0) {
      const [widest, next] = columns.toSorted((left, right) => at(right) - at(left));
      if (widest === undefined || at(widest) <= least) break;
      const floor = Math.max(least, next === undefined ? 0 : at(next) - 1, at(widest) - excess);
      excess -= at(widest) - floor;
      widths[widest] = floor;
    }
  }
  return widths;
}

/** Cuts the middle out of a text that is too long: names begin and end with what tells them apart. */
export function shorten(text: string, most: number): string {
  if (width(text) <= most) return text;
  const characters = Array.from(text);
  const kept = Math.max(0, most - 1);
  const front = Math.ceil(kept / 2);
  return `${characters.slice(0, front).join('')}…${characters.slice(characters.length - (kept - front)).join('')}`;
}

const BEYOND_BMP = /[\ud800-\udfff]/;

function width(text: string): number {
  return BEYOND_BMP.test(text) ? Array.from(text).length : text.length;
}

/** Text from a checkpoint or a recipe, safe to print: control characters cannot move the cursor or forge a line. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
