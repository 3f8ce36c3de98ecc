import { type Node, sequence } from '../ast.ts';
import { EVERYTHING, negate, type Ranges, range } from '../charset/ranges.ts';
import { joinBranches } from './alternatives.ts';
import { parseClass } from './char-class.ts';
import { charNode, literalNode } from './char-source.ts';
import type { ParseContext } from './context.ts';
import { patternEscape } from './escape.ts';
import type { Flags } from './flags.ts';
import { parseGroup, reference } from './group.ts';
import { parseRepeat } from './repeat.ts';

const NOT_NEWLINE: Ranges = negate(range(10, 10));
const WHITESPACE = ' \t\n\r\v\f';

function skipComment(c: ParseContext): void {
  for (;;) {
    const token = c.source.take();
    if (token === undefined || token === '\n') return;
  }
}

function escaped(c: ParseContext, flags: Flags, token: string, pos: number): Node {
  const escape = patternEscape(c, token);
  if (escape.kind === 'anchor') return { kind: 'anchor', at: escape.at, ascii: flags.ascii, pos };
  if (escape.kind === 'ref') return reference(escape.group, flags, pos);
  if (escape.kind === 'literal') return literalNode(c, flags, escape.code, pos, true);
  return charNode(c, flags, { members: [{ letter: escape.letter }], negated: false }, pos);
}

const literal = (c: ParseContext, flags: Flags, token: string, pos: number): Node =>
  literalNode(c, flags, token.codePointAt(0) ?? 0, pos, false);

/**
 * Reads items up to `|`, `)` or the end. `atStart` is true for the first branch of the whole pattern, where global
 * flags may stand before any item.
 */
export function parseBranch(c: ParseContext, outer: Flags, depth: number, atStart: boolean): Node {
  const { source } = c;
  const items: Node[] = [];
  const start = source.pos;
  let flags = outer;
  for (;;) {
    const pos = source.pos;
    const token = source.next;
    if (token === undefined || token === '|' || token === ')') break;
    source.take();
    if (flags.verbose && token.length === 1) {
      if (WHITESPACE.includes(token)) continue;
      if (token === '#') {
        skipComment(c);
        continue;
      }
    }
    if (token.startsWith('\\')) items.push(escaped(c, flags, token, pos));
    else if (token === '.') items.push({ kind: 'char', set: flags.dotAll ? EVERYTHING : NOT_NEWLINE, pos });
    else if (token === '^') {
      items.push({ kind: 'anchor', at: flags.multiLine ? 'lineStart' : 'start', ascii: flags.ascii, pos });
    } else if (token === '$') {
      items.push({ kind: 'anchor', at: flags.multiLine ? 'lineEnd' : 'end', ascii: flags.ascii, pos });
    } else if (token === '[') items.push(parseClass(c, flags));
    else if (token === '(') {
      const group = parseGroup(c, { flags, depth, atStart: atStart && items.length === 0 });
      if (group) items.push(group);
      else if (atStart) flags = c.flags;
    } else if (token === '*' || token === '+' || token === '?' || token === '{') {
      const repeat = parseRepeat(c, token, items.at(-1));
      if (repeat) items[items.length - 1] = repeat;
      else items.push(literal(c, flags, token, pos));
    } else items.push(literal(c, flags, token, pos));
  }
  return sequence(items, start);
}

/** Reads branches separated by `|`. */
export function parseAlternatives(c: ParseContext, outer: Flags, depth: number): Node {
  const start = c.source.pos;
  const top = depth === 0;
  const branches = [parseBranch(c, outer, depth, top)];
  while (c.source.match('|')) branches.push(parseBranch(c, top ? c.flags : outer, depth, false));
  const [only] = branches;
  return branches.length === 1 && only ? only : joinBranches(c, top ? c.flags : outer, branches, start);
}
