import { compile, escape, type Node } from '@fewbit/python-re';
import { ANYTHING } from './name-pattern.ts';
import { has } from './module-forms.ts';

/** A part of a pattern of Python's `fnmatch`; a class is kept as the regular expression that `fnmatch` makes of it. */
export type GlobToken =
  | { readonly kind: 'text'; readonly character: string }
  | { readonly kind: 'one' }
  | { readonly kind: 'many' }
  | { readonly kind: 'class'; readonly source: string };

/** Reads a pattern of Python's `fnmatch.fnmatchcase` (3.14): `*`, `?`, `[seq]`, `[!seq]`; nothing else is special. */
export function parseGlob(glob: string): readonly GlobToken[] {
  const points = Array.from(glob);
  const tokens: GlobToken[] = [];
  for (let at = 0; at < points.length; at++) {
    const character = points[at] ?? '';
    if (character === '*') {
      // Several are one.
      if (tokens.at(-1)?.kind !== 'many') tokens.push({ kind: 'many' });
    } else if (character === '?') tokens.push({ kind: 'one' });
    else if (character === '[') {
      const end = classEnd(points, at);
      // Without an end a bracket is itself.
      if (end === -1) tokens.push({ kind: 'text', character });
      else {
        tokens.push({ kind: 'class', source: classSource(points.slice(at + 1, end)) });
        at = end;
      }
    } else tokens.push({ kind: 'text', character });
  }
  return tokens;
}

function classEnd(points: readonly string[], open: number): number {
  let from = open + 1;
  if (points[from] === '!') from++;
  if (points[from] === ']') from++;
  return points.indexOf(']', from);
}

// Ranges whose ends are in the wrong order are empty to fnmatch, where a regular expression would be refused.
function classSource(members: readonly string[]): string {
  const negated = members[0] === '!';
  const own = negated ? members.slice(1) : members;
  const parts: string[] = [];
  for (let at = 0; at < own.length; at++) {
    const first = own[at] ?? '';
    const last = own[at + 2];
    if (own[at + 1] !== '-' || last === undefined) {
      parts.push(escape(first));
      continue;
    }
    if ((first.codePointAt(0) ?? 0) <= (last.codePointAt(0) ?? 0)) parts.push(`${escape(first)}-${escape(last)}`);
    at += 2;
  }
  if (parts.length === 0) return negated ? '(?s:.)' : '(?!)';
  return `[${negated ? '^' : ''}${parts.map(classSafe).join('')}]`;
}

// `re.escape` leaves alone what is special in classes only, at their start.
function classSafe(part: string): string {
  return part.startsWith('[') ? `\\${part}` : part;
}

/** A Python pattern whose full match is what the glob means. */
export function globSource(tokens: readonly GlobToken[]): string {
  return tokens
    .map((token) => {
      switch (token.kind) {
        case 'text':
          return escape(token.character);
        case 'one':
          return '(?s:.)';
        case 'many':
          return ANYTHING;
        case 'class':
          return token.source;
      }
    })
    .join('');
}

/** Globs that together match `M` exactly when the glob matches `M` with `end` after it. */
export function withoutEnd(tokens: readonly GlobToken[], end: string): readonly (readonly GlobToken[])[] {
  const last = tokens.at(-1);
  if (end === '') return [tokens];
  if (last === undefined) return [];
  const before = tokens.slice(0, -1);
  if (last.kind === 'many') {
    // It takes all of the end, or a part of it and nothing of M.
    const rest = Array.from(end, (_, at) => end.slice(0, at + 1));
    return [tokens, ...rest.flatMap((part) => withoutEnd(before, part))];
  }
  return takes(last, end.at(-1) ?? '') ? withoutEnd(before, end.slice(0, -1)) : [];
}

function takes(token: GlobToken, character: string): boolean {
  switch (token.kind) {
    case 'text':
      return token.character === character;
    case 'class':
      return compile(token.source).testFullmatch(character);
    case 'one':
    case 'many':
      return true;
  }
}

/** A name for a glob: what `fnmatch` would read as special goes into brackets. */
export function escapeGlob(name: string): string {
  return name.replace(/[*?[]/g, '[$&]');
}

// Alternatives multiply; a person would not read more.
const MAX_GLOBS = 64;

/**
 * Globs that together match what a Python pattern fully matches, for names without control characters. Null for what
 * globs cannot say: repeats of anything but any character, look-around, references.
 */
export function globsOf(source: string): readonly string[] | null {
  return globsOfNode(compile(source).syntax.root);
}

function globsOfNode(node: Node): readonly string[] | null {
  switch (node.kind) {
    case 'char':
      return oneCharacter(node.set);
    case 'group':
      return globsOfNode(node.body);
    case 'alt': {
      const branches = node.branches.map(globsOfNode);
      return branches.some((branch) => branch === null) ? null : bounded(branches.flatMap((branch) => branch ?? []));
    }
    case 'seq':
      return product(node.items.map(globsOfNode));
    case 'repeat': {
      if (node.mode === 'possessive') return null;
      const body = globsOfNode(node.body);
      if (body === null) return null;
      if (node.max === Infinity) {
        return body.length === 1 && body[0] === '?' && node.min <= 8 ? [`${'?'.repeat(node.min)}*`] : null;
      }
      if (node.max > 8) return null;
      const counts = Array.from({ length: node.max - node.min + 1 }, (_, at) => node.min + at);
      const each = counts.map((count) => product(Array.from({ length: count }, () => body)));
      return each.some((globs) => globs === null) ? null : bounded(each.flatMap((globs) => globs ?? []));
    }
    case 'atomic':
    case 'look':
    case 'ref':
    case 'cond':
    case 'anchor':
      return null;
  }
}

function product(parts: readonly (readonly string[] | null)[]): readonly string[] | null {
  let all: readonly string[] = [''];
  for (const part of parts) {
    if (part === null || all.length * part.length > MAX_GLOBS) return null;
    all = all.flatMap((front) => part.map((back) => front + back));
  }
  return all;
}

function bounded(globs: readonly string[]): readonly string[] | null {
  return globs.length > MAX_GLOBS ? null : globs;
}

function oneCharacter(set: readonly number[]): readonly string[] | null {
  const [first, end] = set;
  if (first === undefined || end === undefined) return null;
  if (set.length === 2 && end === first + 1) return [escapeGlob(String.fromCodePoint(first))];
  if (has(set, 0x20) && (set.at(-1) ?? 0) > 0x10ffff && set.slice(0, -1).every((edge) => edge <= 0x20)) return ['?'];
  return asciiClass(set);
}

// Names are ASCII but for hostile ones; `\d` and `\w` have hundreds of ranges beyond.
function asciiClass(set: readonly number[]): readonly string[] | null {
  const members: string[] = [];
  for (let at = 0; at < set.length; at += 2) {
    const first = set[at] ?? 0;
    const last = Math.min((set[at + 1] ?? 0) - 1, 0x7e);
    if (first > 0x7e) break;
    // A negated class has the control characters too, and with them most of the table.
    if (first < 0x20) return null;
    for (let code = first; code <= last; code++) members.push(String.fromCodePoint(code));
  }
  if (members.length === 0 || members.length > 70) return null;
  const tidy = members.filter((member) => member !== ']' && member !== '-' && member !== '!');
  const front = members.includes(']') ? ']' : '';
  const back = `${members.includes('!') ? '!' : ''}${members.includes('-') ? '-' : ''}`;
  if (front === '' && tidy.length === 0 && members.includes('!')) return null;
  return [`[${front}${tidy.join('')}${back}]`];
}
