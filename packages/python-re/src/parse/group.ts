import type { Node } from '../ast.ts';
import { type ParseContext, raise } from './context.ts';
import { parseCondition } from './condition.ts';
import { applyFlags, type Flags, isFlagLetter, parseFlags } from './flags.ts';
import { parseAlternatives } from './sequence.ts';
import { widthOf } from './width.ts';

/** Where a group is read: the flags around it, its depth, and whether global flags may still be set. */
export interface GroupPlace {
  readonly flags: Flags;
  readonly depth: number;
  readonly atStart: boolean;
}

/** Throws unless a `)` follows; `start` is where the group began. */
export function closeParenthesis(c: ParseContext, start: number): void {
  if (!c.source.match(')')) raise(c, 'missing ), unterminated subpattern', c.source.pos - start);
}

function take(c: ParseContext): string {
  return c.source.take() ?? raise(c, 'unexpected end of pattern', 0);
}

function openGroup(c: ParseContext, name: string | undefined): number {
  const index = c.groupWidths.length;
  c.groupWidths.push(undefined);
  if (name !== undefined) {
    const earlier = c.groupNames.get(name);
    if (earlier !== undefined) {
      const msg = `redefinition of group name ${c.repr(name)} as group ${index}; was group ${earlier}`;
      raise(c, msg, Array.from(name).length + 1);
    }
    c.groupNames.set(name, index);
  }
  return index;
}

function capture(c: ParseContext, place: GroupPlace, start: number, name: string | undefined): Node {
  const index = openGroup(c, name);
  const body = parseAlternatives(c, place.flags, place.depth + 1);
  closeParenthesis(c, start);
  c.groupWidths[index] = widthOf(body, c.groupWidths);
  return { kind: 'group', index, body, pos: start };
}

function namedReference(c: ParseContext, flags: Flags, start: number): Node {
  const name = c.source.takeUntil(')', 'group name');
  c.checkGroupName(name);
  const group = c.groupNames.get(name);
  const back = Array.from(name).length + 1;
  if (group === undefined) return raise(c, `unknown group name ${c.repr(name)}`, back);
  if (!c.isClosed(group)) raise(c, 'cannot refer to an open group', back);
  c.checkLookBehindGroup(group);
  return reference(group, flags, start);
}

/** A reference node under the given flags. */
export function reference(group: number, flags: Flags, pos: number): Node {
  return { kind: 'ref', group, fold: !flags.ignoreCase ? 'none' : flags.ascii ? 'ascii' : 'unicode', pos };
}

function look(c: ParseContext, place: GroupPlace, start: number, sign: string): Node {
  const behind = sign === '<';
  let what = sign;
  if (behind) {
    what = take(c);
    if (what !== '=' && what !== '!') raise(c, `unknown extension ?<${what}`, Array.from(what).length + 2);
  }
  const outer = c.lookBehindGroups;
  if (behind) c.lookBehindGroups ??= c.groupWidths.length;
  const body = parseAlternatives(c, place.flags, place.depth + 1);
  if (behind) c.lookBehindGroups = outer;
  closeParenthesis(c, start);
  const width = behind ? widthOf(body, c.groupWidths).min : 0;
  return { kind: 'look', negated: what === '!', behind, width, body, pos: start };
}

function skipComment(c: ParseContext, start: number): void {
  for (;;) {
    if (c.source.next === undefined) raise(c, 'missing ), unterminated comment', c.source.pos - start);
    if (c.source.take() === ')') return;
  }
}

function pythonExtension(c: ParseContext, place: GroupPlace, start: number): Node {
  if (c.source.match('<')) {
    const name = c.source.takeUntil('>', 'group name');
    c.checkGroupName(name);
    return capture(c, place, start, name);
  }
  if (c.source.match('=')) return namedReference(c, place.flags, start);
  const token = take(c);
  return raise(c, `unknown extension ?P${token}`, Array.from(token).length + 2);
}

/** A group that does not capture; its flags, `scoped` if it has any, are already applied. */
function plain(c: ParseContext, flags: Flags, depth: number, start: number, scoped = false): Node {
  const body = parseAlternatives(c, flags, depth + 1);
  closeParenthesis(c, start);
  // The wrapper keeps `(?:a*)*` apart from `a**`: what is repeated is a group.
  return { kind: 'seq', items: [body], ...(scoped && { scoped }), pos: start };
}

/** Reads a group whose `(` was just taken; undefined for a comment and for global flags. */
export function parseGroup(c: ParseContext, place: GroupPlace): Node | undefined {
  const { source } = c;
  const start = source.pos - 1;
  c.checkNesting(place.depth + 1);
  if (!source.match('?')) return capture(c, place, start, undefined);
  const token = take(c);
  if (token === 'P') return pythonExtension(c, place, start);
  if (token === ':') return plain(c, place.flags, place.depth, start);
  if (token === '#') {
    skipComment(c, start);
    return undefined;
  }
  if (token === '=' || token === '!' || token === '<') return look(c, place, start, token);
  if (token === '(') return parseCondition(c, place, start);
  if (token === '>') return { kind: 'atomic', body: plain(c, place.flags, place.depth, start), pos: start };
  if (isFlagLetter(c, token) || token === '-') {
    const change = parseFlags(c, token);
    if (change) return plain(c, applyFlags(place.flags, change), place.depth, start, true);
    if (!place.atStart) raise(c, 'global flags not at the start of the expression', source.pos - start);
    return undefined;
  }
  return raise(c, `unknown extension ?${token}`, Array.from(token).length + 1);
}
