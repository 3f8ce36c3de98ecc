import { describe, expect, it } from 'vitest';
import { compile } from '../src/index.ts';

describe('a match gives what re.Match gives', () => {
  const match = compile('(?P<module>.*?)\\.(?P<kind>weight|bias)(?P<extra>_x)?').fullmatch('😀.layers.0.weight');

  it('groups by number and by name', () => {
    expect(match?.group()).toBe('😀.layers.0.weight');
    expect(match?.group(1)).toBe('😀.layers.0');
    expect(match?.group('kind')).toBe('weight');
    expect(match?.group('extra')).toBeUndefined();
    expect(match?.groups()).toEqual(['😀.layers.0', 'weight', undefined]);
    expect(match?.groupdict().get('module')).toBe('😀.layers.0');
  });

  it('spans in code points', () => {
    expect(match?.span('module')).toEqual([0, 10]);
    expect(match?.span(2)).toEqual([11, 17]);
    expect([match?.start(), match?.end()]).toEqual([0, 17]);
    expect(match?.span('extra')).toBeUndefined();
    expect(match?.start('extra')).toBe(-1);
  });

  it('the last group that closed', () => {
    expect(match).toMatchObject({ lastindex: 2, lastgroup: 'kind' });
    expect(compile('((a)(b))').fullmatch('ab')?.lastindex).toBe(1);
    expect(compile('ab').fullmatch('ab')).toMatchObject({ lastindex: undefined, lastgroup: undefined });
  });

  it('an error for a group that does not exist', () => {
    expect(() => match?.group(4)).toThrow(RangeError);
    expect(() => match?.group('nothing')).toThrow('No such group: "nothing"; the pattern has 3');
  });
});

describe('the three forms', () => {
  it.each([
    ['a|ab', 'ab', true, true, true],
    ['(?>a|ab)', 'ab', false, true, true],
    ['b', 'ab', false, false, true],
    ['a$', 'a\n', false, true, true],
    ['x*', 'ab', false, true, true],
    ['c', 'ab', false, false, false],
  ])('%s on %j', (text, subject, full, start, anywhere) => {
    const pattern = compile(text);
    expect([pattern.testFullmatch(subject), pattern.testMatch(subject), pattern.testSearch(subject)]).toEqual([
      full,
      start,
      anywhere,
    ]);
    expect([pattern.fullmatch(subject), pattern.match(subject), pattern.search(subject)].map(Boolean)).toEqual([
      full,
      start,
      anywhere,
    ]);
  });

  it('search skips what CPython skips when a scoped flag reads the first category', () => {
    const pattern = compile('(?a:\\W)x');
    expect(pattern.testMatch('éx')).toBe(true);
    expect(pattern.testSearch('éx')).toBe(false);
  });

  it('search skips so too when alternatives of one character each make a class', () => {
    const pattern = compile('(?a)(?u:\\d|-)x');
    expect(pattern.testMatch('٣x')).toBe(true);
    expect(pattern.testSearch('٣x')).toBe(false);
    expect(pattern.testSearch('-x')).toBe(true);
  });
});

describe('a condition on a group that is still open is what abandoned attempts have left', () => {
  it.each([
    ['(a(?(1)b|c))', 'ac', true],
    ['(a(?(1)b|c))', 'ab', false],
    ['(a(?(1)b|c))*', 'acab', true],
    ['(a(?(1)b|c))*', 'acac', false],
    // Not the first attempt: the group was closed before `e` failed, and CPython does not take that back.
    ['((a)(?:b|(?(1)bc|bd)))e', 'abce', true],
    ['((a)(?:b|(?(1)bc|bd)))e', 'abde', false],
  ])('%s on %s', (text, subject, matches) => {
    expect(compile(text).testFullmatch(subject)).toBe(matches);
    expect(compile(text).fullmatch(subject) !== undefined).toBe(matches);
  });
});

describe('mistakes that 3.11 never mended are part of what 3.11 means', () => {
  it('a possessive repeat keeps the groups of an abandoned attempt', () => {
    const span = (version: '3.11' | '3.12'): unknown =>
      compile('(?:a(b)c|ab|(c))++', { version }).fullmatch('abcab')?.span(1);
    expect(span('3.11')).toEqual([4, 5]);
    expect(span('3.12')).toEqual([1, 2]);
  });

  it.each([
    ['(?i)[\u{10400}x]', '\u{10428}', false],
    ['(?i)[\u{10400}x]', '\u{10400}', false],
    ['(?i)[\u{10428}x]', '\u{10400}', true],
    ['(?i)\u{10400}|x', '\u{10400}', false],
    ['(?i)\u{10400}', '\u{10428}', true],
    ['(?ia)[\u0178-\u{10400}]', '\xff', true],
  ])('a class that ignores case beyond U+FFFF: %s on %s', (text, subject, matches) => {
    expect(compile(text, { version: '3.11' }).testFullmatch(subject)).toBe(matches);
    expect(compile(text).testFullmatch(subject)).toBe(!text.startsWith('(?ia)'));
  });
});

describe('captures that JavaScript treats otherwise', () => {
  it.each([
    ['(?:(a)|b)*\\1', 'aba', true],
    ['(?:(a)|b)*\\1', 'ab', false],
    ['(a)?\\1', '', false],
    ['(?i)(s)\\1', 'sſ', false],
    ['(?P<q>[\'"]).*(?P=q)', '"x"', true],
    ['(<)?a(?(1)>|!)', '<a>', true],
    ['(<)?a(?(1)>|!)', 'a!', true],
    ['(<)?a(?(1)>|!)', '<a!', false],
    ['(?<=(a))b\\1', 'ba', false],
    ['a++a', 'aaa', false],
  ])('%s on %j', (text, subject, matches) => {
    expect(compile(text).testFullmatch(subject)).toBe(matches);
  });
});
