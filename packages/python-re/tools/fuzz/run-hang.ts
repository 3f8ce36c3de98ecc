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
const FORMS = ['testFullmatch', 'fullmatch', 'search'] as const;
type Form = (typeof FORMS)[number];
type Outcome = 'answered' | 'undecided' | 'limit' | 'invalid';

function ask(text: string, form: Form, subject: string): { outcome: Outcome; ms: number } {
  const before = process.cpuUsage().user;
  let outcome: Outcome = 'answered';
  try {
    compile(text)[form](subject);
  } catch (error) {
    if (error instanceof UndecidedError) outcome = 'undecided';
    else if (error instanceof LimitError) outcome = 'limit';
    else if (error instanceof PatternError || error instanceof UnsupportedPatternError) outcome = 'invalid';
    else throw error;
  }
  return { outcome, ms: (process.cpuUsage().user - before) / 1000 };
}

const tally = { answered: 0, undecided: 0, limit: 0, invalid: 0, over100: 0, over100Again: 0 };
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
  const form = random.pick(FORMS);
  const { outcome, ms } = ask(text, form, subject);
  tally[outcome]++;
  if (ms > 100) {
    // Processor time holds what the collector and the compiler did for others; twice is the pattern's own fault.
    tally.over100++;
    if (ask(text, form, subject).ms > 100) tally.over100Again++;
  }
  if (ms > slowest) {
    slowest = ms;
    slowestPattern = `${JSON.stringify(text)} ${form}`;
  }
}
process.stdout.write(
  `${count} patterns: ${JSON.stringify(tally)}; slowest ${slowest.toFixed(0)} ms of CPU: ${slowestPattern}\n`,
);
