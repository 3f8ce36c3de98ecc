import { describe, expect, it } from 'vitest';
import { compile, PatternError, UnsupportedPatternError } from '../src/index.ts';
import type { PythonVersion } from '../src/index.ts';

function errorOf(pattern: string, version: PythonVersion = '3.14'): PatternError {
  try {
    compile(pattern, { version });
  } catch (error) {
    if (error instanceof PatternError) return error;
    throw error;
  }
  throw new Error(`${pattern} is valid`);
}

describe('an invalid pattern gets the text that Python prints', () => {
  it.each([
    ['(', 'missing ), unterminated subpattern at position 0'],
    [')', 'unbalanced parenthesis at position 0'],
    ['a**', 'multiple repeat at position 2'],
    ['*a', 'nothing to repeat at position 0'],
    ['^*', 'nothing to repeat at position 1'],
    ['a{3,2}', 'min repeat greater than max repeat at position 2'],
    ['[z-a]', 'bad character range z-a at position 1'],
    ['[\\w-a]', 'bad character range \\w-a at position 1'],
    ['[a', 'unterminated character set at position 0'],
    ['\\q', 'bad escape \\q at position 0'],
    ['a\\', 'bad escape (end of pattern) at position 1'],
    ['\\400', 'octal escape value \\400 outside of range 0-0o377 at position 0'],
    ['(?P<1a>x)', "bad character in group name '1a' at position 4"],
    ['(?P<n>x)(?P<n>y)', "redefinition of group name 'n' as group 2; was group 1 at position 12"],
    ['(?P=n)', "unknown group name 'n' at position 4"],
    ['(a\\1)', 'cannot refer to an open group at position 2'],
    ['\\1', 'invalid group reference 1 at position 1'],
    ['(?(2)a|b)', 'invalid group reference 2 at position 3'],
    ['(a)(?(1)b|c|d)', 'conditional backref with more than two branches at position 11'],
    ['(?<n>a)', 'unknown extension ?<n at position 1'],
    ['a(?i)', 'global flags not at the start of the expression at position 1'],
    ['(?i-i:a)', 'bad inline flags: flag turned on and off at position 5'],
    ['(?<=a*)b', 'look-behind requires fixed-width pattern'],
    ['(?a)(?u)', 'ASCII and UNICODE flags are incompatible'],
    ['a{4294967295}', 'the repetition number is too large'],
    ['a\n(?P<n', 'missing >, unterminated name at position 6 (line 2, column 5)'],
  ])('%j', (pattern, text) => {
    expect(errorOf(pattern).message).toBe(text);
  });

  it('counts positions in code points, not UTF-16 units', () => {
    expect(errorOf('😀😀*+*')).toMatchObject({ pos: 4, colno: 5, lineno: 1, code: 'PYTHON_RE_INVALID' });
  });

  it('names the exception class', () => {
    expect(errorOf('(?a)(?u)').kind).toBe('ValueError');
    expect(errorOf('a{4294967295}')).toMatchObject({ kind: 'OverflowError', pos: undefined });
    expect(errorOf('(')).toMatchObject({ kind: 're.error', pos: 0 });
  });

  it('follows the chosen version', () => {
    expect(errorOf('\\z', '3.13').message).toBe('bad escape \\z at position 0');
    expect(compile('a\\z').testFullmatch('a')).toBe(true);
    expect(compile('(a)(?(+1)b|c)', { version: '3.11' }).warnings).toEqual([
      { category: 'DeprecationWarning', message: "bad character in group name '+1' at position 6", pos: 6 },
    ]);
    expect(errorOf('(a)(?(+1)b|c)', '3.12').message).toBe("bad character in group name '+1' at position 6");
  });
});

it('reports classes whose meaning will change in a later Python', () => {
  expect(compile('[a&&b][[x]').warnings.map((w) => w.message)).toEqual([
    'Possible set intersection at position 2',
    'Possible nested set at position 7',
  ]);
});

it('refuses a character name by position instead of guessing', () => {
  expect(() => compile('ab\\N{DIGIT ONE}')).toThrow(UnsupportedPatternError);
  expect(compile('\\N{DIGIT ONE}', { characterNames: () => 0x31 }).testFullmatch('1')).toBe(true);
});
