import { describe, expect, it } from 'vitest';
import { compile, compileSet, escape, PatternError } from '../src/index.ts';

describe('the first matching key wins', () => {
  const keys = ['model\\.layers\\.[0-3]\\..*', '.*\\.mlp\\..*', 'model\\..*', '.*mlp.*weight', '(?i)LM_HEAD.*'];
  const set = compileSet(keys);

  it.each([
    ['model.layers.2.mlp.gate.weight', 0, [0, 1, 2, 3]],
    ['model.layers.7.mlp.gate.weight', 1, [1, 2, 3]],
    ['model.norm.weight', 2, [2]],
    ['encoder.mlp_weight', 3, [3]],
    ['lm_head.weight', 4, [4]],
    ['', -1, []],
    ['visual.patch', -1, []],
  ])('%s', (name, first, all) => {
    expect(set.firstFullmatch(name)).toBe(first);
    expect(set.allFullmatches(name)).toEqual(all);
  });

  it('also for the same key twice', () => {
    const twice = compileSet(['a+', 'a+', 'b']);
    expect(twice.firstFullmatch('aa')).toBe(0);
    expect(twice.allFullmatches('aa')).toEqual([0, 1]);
  });

  it('also for no keys at all', () => {
    expect(compileSet([]).firstFullmatch('x')).toBe(-1);
  });

  it('and a compiled pattern may be given as a key, with its own flags', () => {
    expect(compileSet(['x', compile('ab', { flags: 'i' })]).firstFullmatch('AB')).toBe(1);
  });
});

describe('a broken key raises where a loop in Python would reach it', () => {
  const set = compileSet(['a.*', '(', 'b.*']);

  it('is listed at load', () => {
    expect(set.errors).toHaveLength(1);
    expect(set.errors[0]).toMatchObject({ index: 1, error: { index: 1, pos: 0, code: 'PYTHON_RE_INVALID' } });
  });

  it('does not matter to a name that an earlier key takes', () => {
    expect(set.firstFullmatch('abc')).toBe(0);
  });

  it('is thrown for a name that only a later key takes, and for one that none takes', () => {
    expect(() => set.firstFullmatch('bcd')).toThrow(PatternError);
    expect(() => set.firstFullmatch('zzz')).toThrow('missing ), unterminated subpattern at position 0');
    expect(() => set.allFullmatches('abc')).toThrow(PatternError);
  });
});

describe('meaning that JavaScript gets wrong', () => {
  it.each([
    ['.', '😀', true],
    ['.', '\u2028', true],
    ['\\d', '٣', true],
    ['(?a)\\d', '٣', false],
    ['\\s', '\x1c', true],
    ['\\s', '\ufeff', false],
    ['(?i)i', 'İ', true],
    ['(?i)s', 'ſ', true],
    ['(?i)ß', 'ẞ', true],
    ['(?i)[^k]', 'K', false],
    ['[]a]+', ']a]', true],
    ['a{,2}', 'aa', true],
    ['a{,}', 'aaaa', true],
    ['a{x}', 'a{x}', true],
    ['(?x) a b # c', 'ab', true],
    ['(?:a|ab)(?:c|bcd)', 'abcd', true],
    ['a\\b.b', 'a.b', true],
    ['a\\bb', 'ab', false],
    ['^a$', 'a', true],
    ['a$b', 'ab', false],
    ['\\ud800', '\ud800', true],
  ])('%s on %j', (pattern, text, matches) => {
    expect(compile(pattern).testFullmatch(text)).toBe(matches);
  });

  it('\\B in the empty string depends on the version', () => {
    expect(compile('\\B').testFullmatch('')).toBe(true);
    expect(compile('\\B', { version: '3.13' }).testFullmatch('')).toBe(false);
  });
});

it('escape gives a pattern for exactly that text', () => {
  expect(escape('a.b[0]-c d\n#é😀')).toBe('a\\.b\\[0\\]\\-c\\ d\\\n\\#é😀');
  expect(compile(escape('a.b+(c) d')).testFullmatch('a.b+(c) d')).toBe(true);
});

it('what followed a literal in one name is not found in the next', () => {
  const set = compileSet(Array.from('bcdefghijk', (letter) => `.*a.*${letter}.*`));
  expect(set.allFullmatches('xxab')).toEqual([0]);
  expect(set.allFullmatches('xxxxxac')).toEqual([1]);
  expect(set.allFullmatches('xxxxxacb')).toEqual([0, 1]);
  expect(set.allFullmatches('xxxxxac')).toEqual([1]);
});
