import type { CharNode } from '../ast.ts';
import { ASCII_CASE_RULES, type ClassParts, ignoreCase, unicodeCaseRules } from '../charset/case.ts';
import { categoryRanges } from '../charset/categories.ts';
import { negate, type Ranges, range, union } from '../charset/ranges.ts';
import type { UnicodeTables } from '../unicode/tables.ts';
import { type ParseContext, raise } from './context.ts';
import { classEscape, type Escape } from './escape.ts';
import type { Flags } from './flags.ts';

/** Literals below this code point are remembered. */
const MANY = 0x1000;

const DOUBLED: Readonly<Record<string, string>> = {
  '-': 'difference',
  '&': 'intersection',
  '~': 'symmetric difference',
  '|': 'union',
};

/** The characters of a finished class under the flags in force. */
export function resolveClass(c: ParseContext, flags: Flags, parts: ClassParts): Ranges {
  const set = flags.ignoreCase
    ? ignoreCase(parts, flags.ascii ? ASCII_CASE_RULES : unicodeCaseRules(c.tables))
    : union(parts.literals, parts.categories);
  const resolved = parts.negated && !flags.ignoreCase ? negate(set) : set;
  c.countRanges(resolved.length);
  return resolved;
}

const literals: WeakMap<UnicodeTables, Map<number, Ranges>> = new WeakMap();

/** The set of a literal character; common ones are made once, so that equal sets are mostly the same object. */
export function literalSet(c: ParseContext, flags: Flags, code: number): Ranges {
  if (code >= MANY) return escapeSet(c, flags, { kind: 'literal', code });
  let known = literals.get(c.tables);
  if (!known) {
    known = new Map();
    literals.set(c.tables, known);
  }
  const key = code + (flags.ignoreCase ? (flags.ascii ? 2 * MANY : MANY) : 0);
  let set = known.get(key);
  if (!set) {
    set = escapeSet(c, flags, { kind: 'literal', code });
    known.set(key, set);
  }
  return set;
}

/** The set of one escape that stands for a character or a category. */
export function escapeSet(c: ParseContext, flags: Flags, escape: Escape): Ranges {
  const parts: ClassParts = { literals: [], categories: [], negated: false };
  add(c, flags, parts, escape);
  return resolveClass(c, flags, parts);
}

/** The part of a node that matters to `search` only, when a category is not read as the global flags say. */
export function globalSet(
  c: ParseContext,
  flags: Flags,
  members: readonly Escape[],
  parts: ClassParts,
): Pick<CharNode, 'globalSet'> {
  const { ascii } = c.flags;
  const categories = members.filter((member) => member.kind === 'category');
  if (ascii === flags.ascii || flags.ignoreCase || categories.length === 0) return {};
  const outer: ClassParts = { ...parts, categories: [] };
  for (const member of categories) add(c, { ...flags, ascii }, outer, member);
  return { globalSet: resolveClass(c, flags, outer) };
}

function add(c: ParseContext, flags: Flags, parts: ClassParts, member: Escape): void {
  if (member.kind === 'literal') parts.literals = union(parts.literals, range(member.code, member.code));
  if (member.kind === 'category') {
    parts.categories = union(parts.categories, categoryRanges(member.letter, flags.ascii, c.tables));
  }
}

const codeOf = (token: string): Escape => ({ kind: 'literal', code: token.codePointAt(0) ?? 0 });

/** Reads a class whose `[` was just taken. */
export function parseClass(c: ParseContext, flags: Flags): CharNode {
  const { source } = c;
  const start = source.pos - 1;
  const parts: ClassParts = { literals: [], categories: [], negated: false };
  const unterminated = (): never => raise(c, 'unterminated character set', source.pos - start);
  if (source.next === '[') c.warn('FutureWarning', 'Possible nested set', source.pos);
  parts.negated = source.match('^');
  const members: Escape[] = [];
  for (let empty = true; ; empty = false) {
    const token = source.take() ?? unterminated();
    if (token === ']' && !empty) break;
    const from = token.startsWith('\\') ? classEscape(c, token) : codeOf(token);
    if (!empty && DOUBLED[token] !== undefined && source.next === token) {
      c.warn('FutureWarning', `Possible set ${DOUBLED[token]}`, source.pos - 1);
    }
    if (from.kind === 'category') members.push(from);
    if (!source.match('-')) {
      add(c, flags, parts, from);
      continue;
    }
    const last = source.take() ?? unterminated();
    if (last === ']') {
      add(c, flags, parts, from);
      add(c, flags, parts, codeOf('-'));
      break;
    }
    if (last === '-') c.warn('FutureWarning', 'Possible set difference', source.pos - 2);
    const to = last.startsWith('\\') ? classEscape(c, last) : codeOf(last);
    if (from.kind !== 'literal' || to.kind !== 'literal' || to.code < from.code) {
      return raise(c, `bad character range ${token}-${last}`, Array.from(token + last).length + 1);
    }
    parts.literals = union(parts.literals, range(from.code, to.code));
  }
  return { kind: 'char', set: resolveClass(c, flags, parts), ...globalSet(c, flags, members, parts), pos: start };
}
