/**
 * FEWBIT_PYTHONS=… node tools/fuzz/run-unicode.ts [patterns] [seed]: literals, classes, categories and references with
 * and without case, over the characters where Unicode versions and case rules differ.
 */
import { compare, describeDifferences } from '../compare.ts';
import { oracles, type Question } from '../oracle.ts';
import { Random } from './random.ts';

const count = Number(process.argv[2] ?? 3000);
const random = new Random(Number(process.argv[3] ?? 1));
const SPECIAL = Array.from(
  'iIİıKKkſsSßẞµμΜςσΣιͅΐΐﬅﬆвᲀВĐđøØåÅÅΩΩ²Ⅰⅰ٣０a_Aàé\u00ad\u0345\u200d\u2028\u001c\u0085\ufeff𐐀𐐨𞤀𞤢𑢠𑣀😀🐍Ა\u{16e40}\u{16e60}ꭰᎠᏸ',
);

function anyChar(): string {
  if (random.chance(0.6)) return random.pick(SPECIAL);
  const code = random.pick([random.below(0x250), random.below(0x3000), random.below(0x1_0000), random.below(0x2_0000)]);
  return String.fromCodePoint(code >= 0xd800 && code < 0xe000 ? 0x61 : code);
}
const hex = (char: string): string => `\\U${(char.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`;

function member(): string {
  if (random.chance(0.2)) return random.pick(['\\d', '\\D', '\\s', '\\S', '\\w', '\\W']);
  if (random.chance(0.7)) return hex(anyChar());
  const [a, b] = [anyChar(), anyChar()].sort((x, y) => (x.codePointAt(0) ?? 0) - (y.codePointAt(0) ?? 0));
  return `${hex(a ?? 'a')}-${hex(b ?? 'b')}`;
}

function pattern(): string {
  const flags = random.pick(['', '(?i)', '(?i)', '(?i)', '(?ia)', '(?a)']);
  const kind = random.below(11);
  if (kind === 0) return `${flags}(.)\\1`;
  if (kind === 1) return `${flags}.?\\b.*`;
  if (kind < 4) return flags + hex(anyChar());
  if (kind < 5) return flags + random.pick(['\\d', '\\D', '\\s', '\\S', '\\w', '\\W']);
  // Alternatives of one character each are a class, and what they begin with in common is not.
  if (kind === 10) {
    const shared = random.pick(['', '', 'x', hex(anyChar())]);
    return `${flags}(?:${[anyChar(), anyChar()].map((char) => shared + hex(char)).join('|')})`;
  }
  return `${flags}[${random.chance(0.25) ? '^' : ''}${Array.from({ length: 1 + random.below(3) }, member).join('')}]`;
}

const questions: Question[] = Array.from({ length: count }, () => [
  pattern(),
  '',
  Array.from({ length: 8 }, () => (random.chance(0.75) ? anyChar() : anyChar() + anyChar())),
]);
for (const oracle of await oracles()) {
  const result = compare(questions, oracle.ask(questions), oracle);
  process.stdout.write(
    `${oracle.exact} unicode: ${result.matches} matches, ${result.differences.length} differences\n`,
  );
  if (result.differences.length > 0) {
    process.stdout.write(`${describeDifferences(result.differences, 8)}\n`);
    process.exitCode = 1;
  }
}
