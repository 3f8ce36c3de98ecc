/**
 * node tools/fuzz/run-hang.ts [patterns] [seed]: every generated pattern, asked about strings of 10,000 characters, must
 * answer or refuse within the default budget. Prints the slowest; reads no clock to decide.
 */
import { compile, LimitError, PatternError, UndecidedError, UnsupportedPatternError } from '../../src/index.ts';
import { FAMILIES, randomPattern } from './patterns.ts';
import { Random } from './random.ts';

const count = Number(process.argv[2] ?? 10_000);
const random = new Random(Number(process.argv[3] ?? 1));
const LENGTH = 10_000;
const NESTED = [
  '(a+)+',
  '(a|a)*',
  '(?:a|aa)+',
  '(.*)*',
  '(?:a?){20}',
  '(a|b|ab)*',
  '\\w+\\s?',
  '(?=(?:a+)+b)',
  '.*a',
  '(?>a|ab)*',
] as const;

const subjects = [
  'a'.repeat(LENGTH),
  `${'ab'.repeat(LENGTH / 2 - 1)}!!`,
  Array.from({ length: LENGTH }, () => random.pick(['a', 'b', 'c', ' ', '1', 'A'])).join(''),
];
const tally = { answered: 0, undecided: 0, limit: 0, invalid: 0, over100: 0 };
let slowest = 0;
let slowestPattern = '';
for (let i = 0; i < count; i++) {
  const text = random.chance(0.5)
    ? randomPattern(random, random.pick(FAMILIES))
    : Array.from(
        { length: 1 + random.below(4) },
        () => random.pick(NESTED) + random.pick(['', '', '*', '{2,}', 'b']),
      ).join('');
  const subject = random.pick(subjects);
  const form = random.pick(['testFullmatch', 'fullmatch', 'search'] as const);
  const before = process.cpuUsage().user;
  try {
    compile(text)[form](subject);
    tally.answered++;
  } catch (error) {
    if (error instanceof UndecidedError) tally.undecided++;
    else if (error instanceof LimitError) tally.limit++;
    else if (error instanceof PatternError || error instanceof UnsupportedPatternError) tally.invalid++;
    else throw error;
  }
  const ms = (process.cpuUsage().user - before) / 1000;
  if (ms > 100) tally.over100++;
  if (ms > slowest) {
    slowest = ms;
    slowestPattern = `${JSON.stringify(text)} ${form}`;
  }
}
process.stdout.write(
  `${count} patterns: ${JSON.stringify(tally)}; slowest ${slowest.toFixed(0)} ms of CPU: ${slowestPattern}\n`,
);
