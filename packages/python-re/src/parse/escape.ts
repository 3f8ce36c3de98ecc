import type { AnchorKind } from '../ast.ts';
import { type CategoryLetter, isCategoryLetter } from '../charset/categories.ts';
import { UnsupportedPatternError } from '../errors.ts';
import { type ParseContext, raise } from './context.ts';

const HEX = '0123456789abcdefABCDEF';
const OCTAL = '01234567';
const DIGITS = '0123456789';

const CONTROL: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 };

/** What an escape sequence stands for. */
export type Escape =
  | { readonly kind: 'literal'; readonly code: number }
  | { readonly kind: 'category'; readonly letter: CategoryLetter }
  | { readonly kind: 'anchor'; readonly at: AnchorKind }
  | { readonly kind: 'ref'; readonly group: number };

/** Those that stand for characters. */
export type MemberEscape = Extract<Escape, { kind: 'literal' | 'category' }>;

const literal = (code: number): MemberEscape => ({ kind: 'literal', code });

const isOneOf = (allowed: string, char: string | undefined): char is string =>
  char?.length === 1 && allowed.includes(char);

function bad(c: ParseContext, token: string): never {
  return raise(c, `bad escape ${token}`, Array.from(token).length);
}

function octal(c: ParseContext, digits: string): MemberEscape {
  const code = Number.parseInt(digits, 8);
  if (code > 0o377) raise(c, `octal escape value \\${digits} outside of range 0-0o377`, digits.length + 1);
  return literal(code);
}

function fixedHex(c: ParseContext, letter: string, length: number): MemberEscape {
  const digits = c.source.takeWhile(length, HEX);
  if (digits.length !== length) raise(c, `incomplete escape \\${letter}${digits}`, digits.length + 2);
  const code = Number.parseInt(digits, 16);
  if (code > 0x10_ffff) bad(c, `\\${letter}${digits}`);
  return literal(code);
}

function namedCharacter(c: ParseContext): MemberEscape {
  const start = c.source.pos - 2;
  if (!c.source.match('{')) raise(c, 'missing {', 0);
  const name = c.source.takeUntil('}', 'character name');
  if (!c.characterNames) {
    throw new UnsupportedPatternError(
      c.pattern,
      `character name \\N{${name}}`,
      start,
      'Pass the optional table of names as `characterNames`, or write \\uXXXX.',
    );
  }
  const code = c.characterNames(name);
  if (code === undefined) {
    return raise(c, `undefined character name ${c.repr(name)}`, Array.from(name).length + '\\N{}'.length);
  }
  return literal(code);
}

/** The escapes that mean the same inside and outside a class; undefined when `letter` begins none of them. */
function common(c: ParseContext, letter: string): MemberEscape | undefined {
  if (isCategoryLetter(letter)) return { kind: 'category', letter };
  if (letter === 'x') return fixedHex(c, letter, 2);
  if (letter === 'u') return fixedHex(c, letter, 4);
  if (letter === 'U') return fixedHex(c, letter, 8);
  if (letter === 'N') return namedCharacter(c);
  return undefined;
}

function identity(c: ParseContext, token: string): MemberEscape {
  const code = token.codePointAt(1) ?? 0;
  if ((code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)) bad(c, token);
  return literal(code);
}

/** Resolves the escape `token`, just taken inside `[…]`. */
export function classEscape(c: ParseContext, token: string): MemberEscape {
  const letter = token.slice(1);
  const control = CONTROL[letter];
  if (control !== undefined) return literal(control);
  const shared = common(c, letter);
  if (shared) return shared;
  if (isOneOf(OCTAL, letter)) return octal(c, letter + c.source.takeWhile(2, OCTAL));
  if (isOneOf(DIGITS, letter)) bad(c, token);
  return identity(c, token);
}

function anchor(c: ParseContext, letter: string): AnchorKind | undefined {
  if (letter === 'A') return 'start';
  if (letter === 'b') return 'boundary';
  if (letter === 'B') return 'notBoundary';
  if (letter === 'Z' || (letter === 'z' && c.rules.hasLowerZ)) return 'stringEnd';
  return undefined;
}

/** `\1` to `\99`, unless it is an octal number of three digits. */
function reference(c: ParseContext, first: string): Escape {
  const { source } = c;
  let digits = first;
  if (isOneOf(DIGITS, source.next)) {
    digits += source.take() ?? '';
    if (isOneOf(OCTAL, first) && isOneOf(OCTAL, digits[1]) && isOneOf(OCTAL, source.next)) {
      return octal(c, digits + (source.take() ?? ''));
    }
  }
  const group = Number(digits);
  if (group >= c.groupWidths.length) raise(c, `invalid group reference ${group}`, digits.length);
  if (!c.isClosed(group)) raise(c, 'cannot refer to an open group', digits.length + 1);
  c.checkLookBehindGroup(group);
  return { kind: 'ref', group };
}

/** Resolves the escape `token`, just taken outside of any class. */
export function patternEscape(c: ParseContext, token: string): Escape {
  const letter = token.slice(1);
  const at = anchor(c, letter);
  if (at !== undefined) return { kind: 'anchor', at };
  const control = CONTROL[letter];
  if (control !== undefined) return literal(control);
  const shared = common(c, letter);
  if (shared) return shared;
  if (letter === '0') return octal(c, letter + c.source.takeWhile(2, OCTAL));
  if (isOneOf(DIGITS, letter)) return reference(c, letter);
  return identity(c, token);
}
