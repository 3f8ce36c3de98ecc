import type { Node } from '../ast.ts';
import { contains } from '../charset/ranges.ts';
import { isIdentifier } from '../unicode/repr.ts';
import { type ParseContext, raise } from './context.ts';
import { closeParenthesis, type GroupPlace } from './group.ts';
import { parseBranch } from './sequence.ts';

const MAX_GROUPS = 1_073_741_823n;
/** CPython refuses to read longer numbers. */
const MAX_DIGITS = 4300;

/** The decimal value of a digit character of any script: their blocks start at multiples of ten. */
function digitValue(c: ParseContext, char: string): number | undefined {
  const code = char.codePointAt(0) ?? 0;
  const set = c.tables.decimal;
  if (!contains(set, code)) return undefined;
  const start = set.findLast((boundary, i) => i % 2 === 0 && boundary <= code) ?? code;
  return (code - start) % 10;
}

/** Python's `int(text)`, or undefined where it raises ValueError. */
function pythonInt(c: ParseContext, text: string): bigint | undefined {
  const chars = Array.from(text);
  const isSpace = (char: string | undefined): boolean =>
    char !== undefined && contains(c.tables.space, char.codePointAt(0) ?? 0);
  while (isSpace(chars[0])) chars.shift();
  while (isSpace(chars.at(-1))) chars.pop();
  const negative = chars[0] === '-';
  if (negative || chars[0] === '+') chars.shift();
  let digits = '';
  let separated = true;
  for (const char of chars) {
    if (char === '_') {
      if (separated) return undefined;
      separated = true;
      continue;
    }
    const value = digitValue(c, char);
    if (value === undefined) return undefined;
    digits += String(value);
    separated = false;
  }
  if (separated || digits.length > MAX_DIGITS) return undefined;
  return negative ? -BigInt(digits) : BigInt(digits);
}

function badName(c: ParseContext, text: string): never {
  return raise(c, `bad character in group name ${c.repr(text)}`, Array.from(text).length + 1);
}

function groupNumber(c: ParseContext, text: string): number {
  const length = Array.from(text).length;
  const isAsciiNumber = Array.from(text).every((char) => char >= '0' && char <= '9');
  const value = isAsciiNumber || c.rules.looseConditionNumbers ? pythonInt(c, text) : undefined;
  const group = value !== undefined && value >= 0n ? value : badName(c, text);
  if (group === 0n) raise(c, 'bad group number', length + 1);
  if (group >= MAX_GROUPS) raise(c, `invalid group reference ${group}`, length + 1);
  const pos = c.source.pos - length - 1;
  if (!c.conditionPositions.has(group)) c.conditionPositions.set(group, pos);
  if (!isAsciiNumber) c.warn('DeprecationWarning', `bad character in group name ${c.repr(text)}`, pos);
  return Number(group);
}

function conditionGroup(c: ParseContext): number {
  const text = c.source.takeUntil(')', 'group name');
  if (!isIdentifier(text, c.tables)) return groupNumber(c, text);
  const group = c.groupNames.get(text);
  return group ?? raise(c, `unknown group name ${c.repr(text)}`, Array.from(text).length + 1);
}

/** Reads `(?(group)yes|no)`, of which `(?(` was just taken. */
export function parseCondition(c: ParseContext, place: GroupPlace, start: number): Node {
  const { source } = c;
  const group = conditionGroup(c);
  c.checkLookBehindGroup(group);
  const yes = parseBranch(c, place.flags, place.depth + 1, false);
  let no: Node | undefined;
  if (source.match('|')) {
    no = parseBranch(c, place.flags, place.depth + 1, false);
    if (source.next === '|') raise(c, 'conditional backref with more than two branches', 0);
  }
  closeParenthesis(c, start);
  return { kind: 'cond', group, yes, no, pos: start };
}
