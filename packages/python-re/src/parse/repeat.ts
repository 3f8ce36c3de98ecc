import type { Node, RepeatNode } from '../ast.ts';
import { type ParseContext, raise } from './context.ts';

const DIGITS = '0123456789';
/** The first count that CPython refuses on a 64-bit machine. */
const MAX_REPEAT = 4_294_967_295;
const MAX_DIGITS = 4300;

interface Counts {
  readonly min: number;
  readonly max: number;
}

function count(c: ParseContext, digits: string): number {
  if (digits.length > MAX_DIGITS) {
    const tail = 'use sys.set_int_max_str_digits() to increase the limit';
    const msg = `Exceeds the limit (${MAX_DIGITS} digits) for integer string conversion`;
    c.throwKind('ValueError', `${msg}: value has ${digits.length} digits; ${tail}`);
  }
  const value = Number(digits);
  if (value >= MAX_REPEAT) c.throwKind('OverflowError', 'the repetition number is too large');
  return value;
}

/** Reads `{…}` whose brace was just taken; undefined when it is only a literal brace. */
function braces(c: ParseContext): Counts | undefined {
  const { source } = c;
  const here = source.pos;
  if (source.next === '}') return undefined;
  const low = source.takeWhile(Infinity, DIGITS);
  const high = source.match(',') ? source.takeWhile(Infinity, DIGITS) : low;
  if (!source.match('}')) {
    source.seek(here);
    return undefined;
  }
  const min = low === '' ? 0 : count(c, low);
  const max = high === '' ? Infinity : count(c, high);
  if (max < min) raise(c, 'min repeat greater than max repeat', source.pos - here);
  return { min, max };
}

function counts(c: ParseContext, token: string): Counts | undefined {
  if (token === '?') return { min: 0, max: 1 };
  if (token === '*') return { min: 0, max: Infinity };
  if (token === '+') return { min: 1, max: Infinity };
  return braces(c);
}

/**
 * Reads the quantifier `token` that was just taken and applies it to `item`. Returns undefined when the token is a
 * literal brace.
 */
export function parseRepeat(c: ParseContext, token: string, item: Node | undefined): RepeatNode | undefined {
  const { source } = c;
  const here = source.pos;
  const range = counts(c, token);
  if (!range) return undefined;
  if (!item || item.kind === 'anchor') return raise(c, 'nothing to repeat', source.pos - here + 1);
  if (item.kind === 'repeat') return raise(c, 'multiple repeat', source.pos - here + 1);
  const mode = source.match('?') ? 'lazy' : source.match('+') ? 'possessive' : 'greedy';
  return { kind: 'repeat', body: item, ...range, mode, pos: item.pos };
}
