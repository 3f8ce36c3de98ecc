import { describe, expect, it } from 'vitest';
import { compile, compileSet, LimitError, UndecidedError } from '../src/index.ts';

const long = (text: string, count: number): string => text.repeat(count);

describe('patterns that hang other engines answer', () => {
  it.each([
    ['(a+)+', `${long('a', 10_000)}!`, false],
    ['(a|a)*b', long('a', 10_000), false],
    ['(.*)*x', long('a', 10_000), false],
    ['(a|aa)+', `${long('a', 10_000)}!`, false],
    ['(a|aa)+', long('a', 10_001), true],
    ['(?=(?:a+)+b)a*', long('a', 10_000), false],
    ['(?>(?:a|a)*b|a*)c', long('a', 5000), false],
    ['(?:(?=.*b)a)*b', `${long('a', 10_000)}b`, true],
    ['(?!.*(?:x|y)+z).*', long('xy', 5000), true],
    ['.*.*.*=.*', long('a', 10_000), false],
    ['(?:a?){30}a{30}', long('a', 30), true],
    ['(?:(?:a*)*)*b', long('a', 5000), false],
    ['(a|b|ab)*(?:(c)|d)(?(2)e|f)', long('ab', 30), false],
    ['(a*)*\\1b', `${long('a', 34)}cb`, false],
    ['(.*)(.*)\\1\\2x', `${long('ab', 40)}x`, true],
  ])('%s', (pattern, text, matches) => {
    expect(compile(pattern).testFullmatch(text)).toBe(matches);
    if (text.length < 6000) expect(compile(pattern).fullmatch(text) !== undefined).toBe(matches);
  });
});

/** References are hard in theory too: this takes the cube of the length. */
const HARD = '(.*)(.*)(.*)c\\1\\2\\3x';
const hardSubject = `${long('ab', 150)}c${long('ba', 150)}x`;

describe('what cannot be decided within the budget says so', () => {
  it('for references', () => {
    const pattern = compile(HARD);
    expect(() => pattern.testFullmatch(hardSubject)).toThrow(UndecidedError);
    expect(() => pattern.fullmatch(hardSubject)).toThrow(/limits\.steps = 1000000 ran out/);
  });

  it('naming the pattern, its index and the string', () => {
    const set = compileSet(['x.*', HARD, 'a*']);
    expect(set.firstFullmatch('xyz')).toBe(0);
    expect(() => set.firstFullmatch(`${long('a', 40)}b!`)).not.toThrow();
    const subject = hardSubject;
    expect(() => compileSet(['y', HARD, 'a*']).firstFullmatch(subject)).toThrow(
      expect.objectContaining({ code: 'PYTHON_RE_UNDECIDED', pattern: HARD, index: 1, subject }),
    );
  });

  it('for a whole set', () => {
    const set = compileSet(['.*a', '.*b.*'], { limits: { totalSteps: 500 } });
    expect(() => {
      for (let i = 0; i < 100; i++) set.firstFullmatch('xxxxxxxxxxxxxxxx');
    }).toThrow(/limits\.totalSteps = 500 ran out/);
  });
});

describe('large counters', () => {
  it.each([
    ['(?:a{0,300}){0,300}', long('a', 50), true],
    ['(?:a{1000}){1000}', long('a', 50), false],
    ['(?:(?:a{1000}){1000}){1000}', 'a', false],
    ['(?:(?:a{0,1000}){0,1000}){0,1000}b', `${long('a', 60)}b`, true],
    ['a{4294967294}', 'aa', false],
    ['(?:a|b){2,100000}', 'abab', true],
    ['[ab]{3,100000}c', 'ababc', true],
  ])('%s are cut to what the string can need', (pattern, text, matches) => {
    expect(compile(pattern).testFullmatch(text)).toBe(matches);
    expect(compile(pattern).fullmatch(text) !== undefined).toBe(matches);
  });

  it('are refused when the string is long enough to need them', () => {
    expect(() => compile('(?:[ab]{300}){300}').fullmatch(long('a', 90_000))).toThrow(LimitError);
  });
});

it('a pattern that is too long or too deep is refused before it costs anything', () => {
  expect(() => compile(long('a', 5000))).toThrow(/limits\.patternLength = 4096/);
  expect(() => compile(long('(', 300) + long(')', 300))).toThrow(/limits\.nesting = 200/);
  expect(() => compile('a', { limits: { steps: 0 } })).toThrow(RangeError);
});

describe('sets of patterns made to be large', () => {
  it('classes with too many ranges are refused one by one', () => {
    const wide = '[\\wé]'.repeat(700);
    const set = compileSet([wide, wide, 'a'], { limits: { classRanges: 600_000 } });
    expect(set.errors).toMatchObject([{ index: 1, error: { code: 'PYTHON_RE_LIMIT', limit: 'classRanges' } }]);
    expect(() => compile(wide, { limits: { classRanges: 1000 } })).toThrow(/limits\.classRanges = 1000/);
  });

  it('so many different classes that telling them apart would cost too much still answer', () => {
    const keys = Array.from({ length: 4000 }, (_, i) => `[^${String.fromCodePoint(0x4e00 + i)}]${i}`);
    const set = compileSet(keys);
    expect(set.firstFullmatch('a3999')).toBe(3999);
    expect(set.firstFullmatch(`${String.fromCodePoint(0x4e00 + 17)}17`)).toBe(-1);
  });

  it('a set whose counters, written out, are too large is refused from there on', () => {
    const keys = Array.from({ length: 100 }, (_, k) => `(?:[ab].){${k + 1}}`);
    const set = compileSet(keys, { limits: { setNodes: 3000 } });
    expect(set.errors.length).toBeGreaterThan(10);
    expect(set.errors[0]?.error).toMatchObject({ code: 'PYTHON_RE_LIMIT', limit: 'setNodes', allowed: 3000 });
    expect(set.firstFullmatch('axbx')).toBe(1);
    expect(() => set.firstFullmatch('nothing')).toThrow(/limits\.setNodes = 3000/);
  });

  it('patterns with more characters than a set may have are refused one by one', () => {
    const set = compileSet(['a'.repeat(60), 'b'.repeat(60), 'c'], { limits: { setNodes: 100 } });
    expect(set.errors).toMatchObject([{ index: 1, error: { limit: 'setNodes' } }]);
    expect(set.firstFullmatch('a'.repeat(60))).toBe(0);
  });

  it.each([
    ['(a?){k}b', (k: number) => `(a?){${k}}b`],
    ['(.*a){k}x', (k: number) => `(.*a){${k}}x`],
    ['(a{1,k}){1,40}', (k: number) => `(a{1,${k}}){1,40}`],
    ['(?:a?b?){k}c', (k: number) => `(?:a?b?){${k}}c`],
  ])('1,200 keys such as %s cost at most 100,000 units of work each', (_, make) => {
    const set = compileSet(Array.from({ length: 1200 }, (_unused, k) => make(k + 1)));
    try {
      set.firstFullmatch('model.layers.0.ab');
      set.firstFullmatch('aaaaaaaaaaaaaaaa');
    } catch (error) {
      expect(error).toBeInstanceOf(LimitError);
    }
    expect(set.work).toBeLessThan(1200 * 100_000);
  });

  it('alternatives before a long tail are not written out', () => {
    const key = `${'(a|b)'.repeat(6)}${'c'.repeat(4000)}`;
    const set = compileSet(Array.from({ length: 20 }, (_, i) => key + String(i)));
    expect(set.firstFullmatch(`ababab${'c'.repeat(4000)}7`)).toBe(7);
  });

  it('keys that nest by one character each do not exhaust the call stack', () => {
    const set = compileSet(Array.from({ length: 1500 }, (_, i) => `${'a'.repeat(i + 1)}(?:x|.*y)`));
    expect(set.firstFullmatch(`${'a'.repeat(1200)}x`)).toBe(1199);
    expect(set.allFullmatches('aaby')).toEqual([0, 1]);
  });
});
