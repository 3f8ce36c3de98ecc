import type { TextPosition, TextSpan } from '@fewbit/core';
import { printable } from './table.ts';

// A recipe may be one line of a megabyte.
const MOST_BEFORE = 40;
const MOST_SHOWN = 110;

/**
 * The line of a span with the line before it, and the span underlined.
 *
 * @param position Of the span's start.
 */
export function codeFrame(text: string, { start, end }: TextSpan, { line, column }: TextPosition): string {
  const from = start - (column - 1);
  const own = lineFrom(text, from);
  const before = line > 1 ? lineFrom(text, lineStartBefore(text, from)) : null;
  const gutter = String(line).length;
  const skipped = Math.max(0, column - 1 - MOST_BEFORE);
  const shown = own.slice(skipped, skipped + MOST_SHOWN);
  const lead = skipped > 0 ? '…' : '';
  const [left, marked] = [
    shown.slice(0, column - 1 - skipped),
    shown.slice(column - 1 - skipped).slice(0, end - start),
  ];
  const rest = shown.length < own.length - skipped ? '…' : '';
  const rows = [
    ...(before === null ? [] : [row(String(line - 1), gutter, printable(before.slice(0, MOST_SHOWN)))]),
    row(String(line), gutter, `${lead}${printable(shown)}${rest}`),
    row('', gutter, `${' '.repeat(lead.length + width(left))}${'^'.repeat(Math.max(1, width(marked)))}`),
  ];
  return rows.join('');
}

function row(number: string, gutter: number, content: string): string {
  return `  ${number.padStart(gutter)} │ ${content}`.trimEnd() + '\n';
}

function lineFrom(text: string, start: number): string {
  const end = text.indexOf('\n', start);
  return text.slice(start, end === -1 ? text.length : end).replace(/\r$/, '');
}

/** Start of the line before the one that starts at `start`. */
function lineStartBefore(text: string, start: number): number {
  return start < 2 ? 0 : text.lastIndexOf('\n', start - 2) + 1;
}

function width(text: string): number {
  return Array.from(printable(text)).length;
}
