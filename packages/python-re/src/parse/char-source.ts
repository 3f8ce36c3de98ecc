import type { CharNode } from '../ast.ts';
import {
  addLiterals,
  ASCII_CASE_RULES,
  type ClassParts,
  emptyClass,
  ignoreCase,
  unicodeCaseRules,
} from '../charset/case.ts';
import { type CategoryLetter, categoryRanges } from '../charset/categories.ts';
import { negate, type Ranges, union } from '../charset/ranges.ts';
import type { UnicodeTables } from '../unicode/tables.ts';
import type { ParseContext } from './context.ts';
import type { Flags } from './flags.ts';

/** A member of a class: literal characters from `first` to `last`, or a category. */
export type ClassMember =
  { readonly first: number; readonly last: number; readonly range: boolean } | { readonly letter: CategoryLetter };

/** What a character node was written as, before flags. */
export interface CharSource {
  readonly members: readonly ClassMember[];
  readonly negated: boolean;
}

/** One literal character. */
export const literalMember = (code: number): ClassMember => ({ first: code, last: code, range: false });

const nameOf = (member: ClassMember): string =>
  'letter' in member ? member.letter : `${member.first}${member.range ? `-${member.last}` : ''}`;

/** A name that two sources share when CPython makes the same item of both. */
export function sourceKey({ members, negated }: CharSource): string {
  return (negated ? '^' : '') + [...new Set(members.map(nameOf))].join();
}

function partsOf(c: ParseContext, source: CharSource, ascii: boolean): ClassParts {
  const parts = emptyClass();
  parts.negated = source.negated;
  for (const member of source.members) {
    if ('letter' in member) {
      parts.categories = union(parts.categories, categoryRanges(member.letter, ascii, c.tables));
    } else addLiterals(parts, member.first, member.last);
  }
  return parts;
}

/** Whether it is one literal character, perhaps negated, which CPython does not compile as a class. */
function isOneLiteral({ members }: CharSource): boolean {
  const [first] = members;
  if (first === undefined || 'letter' in first || first.range) return false;
  return members.every((member) => nameOf(member) === nameOf(first));
}

function resolve(c: ParseContext, flags: Flags, source: CharSource, ascii: boolean): Ranges {
  const parts = partsOf(c, source, ascii);
  const plain = union(parts.literals, parts.categories);
  const set = flags.ignoreCase ? ignoringCase(c, source, parts, ascii) : parts.negated ? negate(plain) : plain;
  c.countRanges(set.length);
  return set;
}

function ignoringCase(c: ParseContext, source: CharSource, parts: ClassParts, ascii: boolean): Ranges {
  const rules = ascii ? ASCII_CASE_RULES : unicodeCaseRules(c.tables);
  const upper = c.rules.misreadsAstralCase && !isOneLiteral(source) ? c.tables.upper : undefined;
  return ignoreCase(parts, rules, upper);
}

/** The node of a class, or of anything that stands for a set of characters. */
export function charNode(c: ParseContext, flags: Flags, source: CharSource, pos: number): CharNode {
  const set = resolve(c, flags, source, flags.ascii);
  // A category that is not read as the global flags say matters to `search` a second time.
  const foreign = c.flags.ascii !== flags.ascii && !flags.ignoreCase && source.members.some((m) => 'letter' in m);
  const node: CharNode = {
    kind: 'char',
    set,
    ...(foreign && { globalSet: resolve(c, flags, source, c.flags.ascii) }),
    pos,
  };
  c.charSources.set(node, source);
  return node;
}

/** Literals below this code point are remembered. */
const MANY = 0x1000;

const literals: WeakMap<UnicodeTables, Map<number, Ranges>> = new WeakMap();

/** The set of a literal character; common ones are made once, so that equal sets are mostly the same object. */
function literalSet(c: ParseContext, flags: Flags, code: number): Ranges {
  const source = { members: [literalMember(code)], negated: false };
  if (code >= MANY) return resolve(c, flags, source, flags.ascii);
  let known = literals.get(c.tables);
  if (!known) {
    known = new Map();
    literals.set(c.tables, known);
  }
  const key = code + (flags.ignoreCase ? (flags.ascii ? 2 * MANY : MANY) : 0);
  let set = known.get(key);
  if (!set) {
    set = resolve(c, flags, source, flags.ascii);
    known.set(key, set);
  }
  return set;
}

/** The node of the literal character `code`; `escaped` when it is not simply the character at `pos`. */
export function literalNode(c: ParseContext, flags: Flags, code: number, pos: number, escaped: boolean): CharNode {
  const node: CharNode = { kind: 'char', set: literalSet(c, flags, code), pos };
  if (escaped) c.charSources.set(node, { members: [literalMember(code)], negated: false });
  return node;
}

/** What a node was written as; undefined for `.`. */
export function sourceOf(c: ParseContext, node: CharNode): CharSource | undefined {
  const known = c.charSources.get(node);
  if (known) return known;
  const char = c.source.chars[node.pos] ?? '';
  return char === '.' ? undefined : { members: [literalMember(char.codePointAt(0) ?? 0)], negated: false };
}
