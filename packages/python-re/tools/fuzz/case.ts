/** Random questions over the characters where Unicode versions and rules of case differ. */
import type { Question } from '../oracle.ts';
import type { Random } from './random.ts';

const SPECIAL = Array.from(
  'iIİıKKkſsSßẞµμΜςσΣιͅΐΐﬅﬆвᲀВĐđøØåÅÅΩΩ²Ⅰⅰ٣０a_Aàé\u00ad\u0345\u200d\u2028\u001c\u0085\ufeff𐐀𐐨𞤀𞤢𑢠𑣀😀🐍Ა\u{16e40}\u{16e60}ꭰᎠᏸ',
);

function anyChar(random: Random): string {
  if (random.chance(0.6)) return random.pick(SPECIAL);
  const code = random.pick([random.below(0x250), random.below(0x3000), random.below(0x1_0000), random.below(0x2_0000)]);
  return String.fromCodePoint(code >= 0xd800 && code < 0xe000 ? 0x61 : code);
}
const hex = (char: string): string => `\\U${(char.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`;

function member(random: Random): string {
  if (random.chance(0.2)) return random.pick(['\\d', '\\D', '\\s', '\\S', '\\w', '\\W']);
  if (random.chance(0.7)) return hex(anyChar(random));
  const [a, b] = [anyChar(random), anyChar(random)].sort((x, y) => (x.codePointAt(0) ?? 0) - (y.codePointAt(0) ?? 0));
  return `${hex(a ?? 'a')}-${hex(b ?? 'b')}`;
}

function pattern(random: Random): string {
  const flags = random.pick(['', '(?i)', '(?i)', '(?i)', '(?ia)', '(?a)']);
  const kind = random.below(11);
  if (kind === 0) return `${flags}(.)\\1`;
  if (kind === 1) return `${flags}.?\\b.*`;
  if (kind < 4) return flags + hex(anyChar(random));
  if (kind < 5) return flags + random.pick(['\\d', '\\D', '\\s', '\\S', '\\w', '\\W']);
  // Alternatives of one character each are a class, and what they begin with in common is not.
  if (kind === 10) {
    const shared = random.pick(['', '', 'x', hex(anyChar(random))]);
    return `${flags}(?:${[anyChar(random), anyChar(random)].map((char) => shared + hex(char)).join('|')})`;
  }
  return `${flags}[${random.chance(0.25) ? '^' : ''}${Array.from({ length: 1 + random.below(3) }, () => member(random)).join('')}]`;
}

/** A pattern and some strings of one or two characters. */
export function randomCaseQuestion(random: Random, subjects: number): Question {
  const text = pattern(random);
  const chars = (): string => (random.chance(0.75) ? anyChar(random) : anyChar(random) + anyChar(random));
  return [text, '', Array.from({ length: subjects }, chars)];
}
