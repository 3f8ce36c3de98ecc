/**
 * FEWBIT_PYTHONS=… node tools/fuzz/run-matches.ts [patterns per family] [seed]
 * Compares fullmatch, match and search with all spans, and the test forms, with real CPythons.
 */
import {
  compile,
  type Match,
  type Pattern,
  PatternError,
  PYTHON_VERSIONS,
  UndecidedError,
  UnsupportedPatternError,
} from '../../src/index.ts';
import { oracles, type Question, type Verdict } from '../oracle.ts';
import { FAMILIES, randomPattern, randomSubjects } from './patterns.ts';
import { Random } from './random.ts';

const perFamily = Number(process.argv[2] ?? 2000);
const seed = Number(process.argv[3] ?? 1);

function verdict(match: Match | undefined, groups: number): Verdict {
  if (!match) return null;
  const spans = Array.from({ length: groups + 1 }, (_, i) => match.span(i) ?? null);
  return [...spans, match.lastindex ?? null] as Verdict;
}

function compiled(pattern: string, version: (typeof PYTHON_VERSIONS)[number]): Pattern | 'invalid' | 'refused' {
  try {
    return compile(pattern, { version });
  } catch (error) {
    if (error instanceof PatternError) return 'invalid';
    if (error instanceof UnsupportedPatternError) return 'refused';
    throw error;
  }
}

const list = await oracles();
/** Patterns that an interpreter with a timer had to give up; the others must not be asked. */
const hopeless = new Set<string>();
for (const family of FAMILIES) {
  const random = new Random(seed * 1000 + FAMILIES.indexOf(family));
  let questions: Question[] = Array.from({ length: perFamily }, () => [
    randomPattern(random, family),
    '',
    ['', ...randomSubjects(random, 5)],
  ]);
  for (const oracle of list) {
    const version = PYTHON_VERSIONS.find((v) => oracle.version.startsWith(`${v}.`));
    if (!version) throw new Error(`No rules for Python ${oracle.version}`);
    questions = questions.filter(([text]) => !hopeless.has(text));
    const counts = { matches: 0, found: 0, wrong: 0, spans: 0, undecided: 0, refused: 0, noVerdict: 0, slow: 0 };
    const answers = oracle.ask(questions);
    questions.forEach(([text, , subjects], i) => {
      const want = answers[i];
      const pattern = compiled(text, version);
      if (pattern === 'refused') {
        counts.refused++;
        return;
      }
      if ((pattern === 'invalid') !== (want?.e !== undefined)) {
        counts.wrong++;
        process.stdout.write(`${JSON.stringify(text)}: python ${JSON.stringify(want?.e)}\n`);
      }
      if (pattern === 'invalid') return;
      subjects.forEach((subject, k) => {
        const [full = null, match = null, search = null] = want?.r?.[k] ?? [];
        const report = (what: string, expected: Verdict | boolean, got: Verdict | boolean): void => {
          counts.matches++;
          if (expected !== null && expected !== false) counts.found++;
          if (typeof expected === 'string') {
            counts.noVerdict++;
            if (expected === 'TookTooLong') hopeless.add(text);
          } else if (JSON.stringify(expected) !== JSON.stringify(got)) {
            const truth = (expected === null) === (got === null) && typeof expected !== 'boolean';
            counts[truth ? 'spans' : 'wrong']++;
            if (counts.wrong + counts.spans <= 8) {
              process.stdout.write(
                `${JSON.stringify(text)} ${what} ${JSON.stringify(subject)}: python ${JSON.stringify(expected)}, ours ${JSON.stringify(got)}\n`,
              );
            }
          }
        };
        try {
          report('fullmatch', full, verdict(pattern.fullmatch(subject), pattern.groups));
          report('match', match, verdict(pattern.match(subject), pattern.groups));
          report('search', search, verdict(pattern.search(subject), pattern.groups));
          if (typeof full !== 'string') report('testFullmatch', full !== null, pattern.testFullmatch(subject));
          if (typeof match !== 'string') report('testMatch', match !== null, pattern.testMatch(subject));
          if (typeof search !== 'string') report('testSearch', search !== null, pattern.testSearch(subject));
        } catch (error) {
          if (!(error instanceof UndecidedError)) throw error;
          counts.undecided++;
        }
      });
    });
    process.stdout.write(`${oracle.version} ${family} (seed ${seed}): ${JSON.stringify(counts)}\n`);
    if (counts.wrong + counts.spans > 0) process.exitCode = 1;
  }
}
