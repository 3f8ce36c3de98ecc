import type { CharNode } from '../ast.ts';
import { charNode, type ClassMember, literalMember } from './char-source.ts';
import { type ParseContext, raise } from './context.ts';
import { classEscape, type MemberEscape } from './escape.ts';
import type { Flags } from './flags.ts';

const DOUBLED: Readonly<Record<string, string>> = {
  '-': 'difference',
  '&': 'intersection',
  '~': 'symmetric difference',
  '|': 'union',
};

const codeOf = (token: string): MemberEscape => ({ kind: 'literal', code: token.codePointAt(0) ?? 0 });

const memberOf = (escape: MemberEscape): ClassMember =>
  escape.kind === 'literal' ? literalMember(escape.code) : { letter: escape.letter };

/** Reads a class whose `[` was just taken. */
export function parseClass(c: ParseContext, flags: Flags): CharNode {
  const { source } = c;
  const start = source.pos - 1;
  const unterminated = (): never => raise(c, 'unterminated character set', source.pos - start);
  if (source.next === '[') c.warn('FutureWarning', 'Possible nested set', source.pos);
  const negated = source.match('^');
  const members: ClassMember[] = [];
  for (let empty = true; ; empty = false) {
    const token = source.take() ?? unterminated();
    if (token === ']' && !empty) break;
    const from = token.startsWith('\\') ? classEscape(c, token) : codeOf(token);
    if (!empty && DOUBLED[token] !== undefined && source.next === token) {
      c.warn('FutureWarning', `Possible set ${DOUBLED[token]}`, source.pos - 1);
    }
    if (!source.match('-')) {
      members.push(memberOf(from));
      continue;
    }
    const last = source.take() ?? unterminated();
    if (last === ']') {
      members.push(memberOf(from), memberOf(codeOf('-')));
      break;
    }
    if (last === '-') c.warn('FutureWarning', 'Possible set difference', source.pos - 2);
    const to = last.startsWith('\\') ? classEscape(c, last) : codeOf(last);
    if (from.kind !== 'literal' || to.kind !== 'literal' || to.code < from.code) {
      return raise(c, `bad character range ${token}-${last}`, Array.from(token + last).length + 1);
    }
    members.push({ first: from.code, last: to.code, range: true });
  }
  return charNode(c, flags, { members, negated }, start);
}
