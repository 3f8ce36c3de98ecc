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
