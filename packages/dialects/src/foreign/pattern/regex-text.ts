import { compile, PythonReError } from '@fewbit/python-re';

/**
 * A Python pattern in a form that other text can stand before and after: `(?i)a|b` becomes `(?i:a|b)`.
 *
 * @throws PythonReError for a pattern that Python refuses, or that is not supported.
 */
export function scoped(source: string): string {
  // `u` is the default.
  const flags = compile(source).syntax.flags.replace('u', '');
  // Without alternatives it is one item as it stands.
  if (flags === '') return source.includes('|') ? `(?:${source})` : source;
  const body = withoutGlobalFlags(source, flags.includes('x'));
  // A line end closes a comment that the pattern may end in.
  return `(?${flags}:${body}${flags.includes('x') ? '\n' : ''})`;
}

// Global flags stand at the start, and only comments and other flags before them; in verbose mode also white space.
function withoutGlobalFlags(source: string, verbose: boolean): string {
  let rest = source;
  for (;;) {
    const found = /^\(\?(?:[aiLmsux]+|#[^)]*)\)/.exec(rest) ?? (verbose ? /^(?:\s|#[^\n]*\n)+/.exec(rest) : null);
    if (found === null) return rest;
    rest = rest.slice(found[0].length);
  }
}

/** True when the text has comments of verbose mode, in which parentheses mean nothing. */
export function mayHaveVerboseComments(source: string): boolean {
  return source.includes('#') && /\(\?[a-zA-Z]*x/.test(source);
}

/** One step through a pattern's text: an escape, a whole character class, a comment, or a single character. */
export interface TextItem {
  readonly kind: 'escape' | 'class' | 'comment' | 'character';
  readonly start: number;
  /** One past the last code point. */
  readonly end: number;
}

/** Splits the code points of a valid pattern without comments of verbose mode. */
export function* textItems(points: readonly string[], from = 0): Generator<TextItem> {
  for (let start = from; start < points.length;) {
    const item = itemAt(points, start);
    yield item;
    start = item.end;
  }
}

function itemAt(points: readonly string[], start: number): TextItem {
  if (points[start] === '\\') return { kind: 'escape', start, end: start + 2 };
  if (points[start] === '[') return { kind: 'class', start, end: classEnd(points, start) };
  if (points[start] === '(' && points[start + 1] === '?' && points[start + 2] === '#') {
    return { kind: 'comment', start, end: points.indexOf(')', start) + 1 };
  }
  return { kind: 'character', start, end: start + 1 };
}

function classEnd(points: readonly string[], start: number): number {
  let at = start + 1;
  if (points[at] === '^') at++;
  // A bracket that comes first is a member.
  if (points[at] === ']') at++;
  while (at < points.length && points[at] !== ']') at += points[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Index of the parenthesis that closes the one at `open`; -1 when there is none. */
export function closingParenthesis(points: readonly string[], open: number): number {
  let depth = 0;
  for (const { kind, start } of textItems(points, open)) {
    if (kind !== 'character') continue;
    if (points[start] === '(') depth++;
    if (points[start] === ')' && --depth === 0) return start;
  }
  return -1;
}

/** The pattern, or null when it has grown beyond what readers take. */
export function usable(source: string): string | null {
  try {
    compile(source);
    return source;
  } catch (error) {
    if (error instanceof PythonReError) return null;
    throw error;
  }
}
