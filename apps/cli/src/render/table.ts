/** Columns of text, padded; numbers to the right. The last column is not padded, so that lines end where they end. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  alignRight: readonly number[] = [],
): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => width(row[column] ?? ''))));
  const right = new Set(alignRight);
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const space = ' '.repeat((widths[column] ?? 0) - width(cell));
        if (right.has(column)) return space + cell;
        return column === row.length - 1 ? cell : cell + space;
      })
      .join('  ')
      .trimEnd();
  const rule = widths.map((each) => '─'.repeat(each)).join('  ');
  return [line(header), rule, ...rows.map(line)].join('\n') + '\n';
}

function width(text: string): number {
  return Array.from(text).length;
}

/** Text from a checkpoint or a recipe, safe to print: control characters cannot move the cursor or forge a line. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
