import { expect, it } from 'vitest';
import { compile, PatternError } from '../src/index.ts';
import { characterNames } from '../src/names/index.ts';

it.each([
  ['SNAKE', 0x1f40d],
  ['less-than sign', 0x3c],
  ['DIGIT ONE', 0x31],
  ['NULL', 0],
  ['NBSP', 0xa0],
  ['CJK UNIFIED IDEOGRAPH-4E00', 0x4e00],
  ['cjk unified ideograph-4e00', undefined],
  ['HANGUL SYLLABLE GAGG', 0xac02],
  ['HANGUL SYLLABLE A', 0xc544],
  ['SPAM', undefined],
  ['KEYCAP NUMBER SIGN', undefined],
  ['', undefined],
])('the character named %j', (name, code) => {
  expect(characterNames()(name)).toBe(code);
});

it('names are those of the chosen version', () => {
  expect(characterNames('3.11')('KAWI SIGN CANDRABINDU')).toBeUndefined();
  expect(characterNames('3.12')('KAWI SIGN CANDRABINDU')).toBe(0x11f00);
});

it('patterns use the table that they are given', () => {
  const options = { characterNames: characterNames() };
  expect(compile('[\\N{DIGIT ONE}-\\N{DIGIT THREE}]\\N{SNAKE}', options).testFullmatch('2🐍')).toBe(true);
  expect(() => compile('\\N{SPAM}', options)).toThrow(PatternError);
  expect(() => compile('\\N{SPAM}', options)).toThrow("undefined character name 'SPAM' at position 0");
});
