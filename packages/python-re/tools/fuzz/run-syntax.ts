/** FEWBIT_PYTHONS=… node tools/fuzz/run-syntax.ts [count] [seed]: compares error texts, positions and warnings. */
import { PythonReError, PatternError, LimitError } from '../../src/errors.ts';
import { parsePattern } from '../../src/parse/index.ts';
import type { PythonVersion } from '../../src/version.ts';
import { type Answer, oracles, type Question } from '../oracle.ts';
import { Random } from './random.ts';
import { randomSyntax } from './syntax.ts';

const count = Number(process.argv[2] ?? 20_000);
const seed = Number(process.argv[3] ?? 1);
const random = new Random(seed);
const questions: Question[] = Array.from({ length: count }, () => [randomSyntax(random, 8), '', []]);
const limits = { patternLength: 1e6, nesting: 1000, classRanges: 1e6 };

function ours(pattern: string, version: PythonVersion): Answer | 'refused' {
  try {
    const { warnings } = parsePattern(pattern, { version, flags: '', limits });
    return { w: warnings.map((w) => [w.category, w.message]), r: [] };
  } catch (error) {
    if (error instanceof PatternError) {
      const { kind, msg, pos, lineno, colno, text } = error;
      return { e: [kind, msg, pos ?? null, lineno ?? null, colno ?? null, text] };
    }
    if (error instanceof PythonReError && !(error instanceof LimitError)) return 'refused';
    throw error;
  }
}

for (const oracle of await oracles()) {
  let wrong = 0;
  let errors = 0;
  let refused = 0;
  const answers = oracle.ask(questions);
  questions.forEach(([pattern], i) => {
    const want = answers[i];
    if (want?.e) errors++;
    if (want?.e?.[0] === 'OverflowError' && oracle.narrow) return;
    const got = ours(pattern, oracle.version);
    if (got === 'refused') refused++;
    else if (JSON.stringify(got) !== JSON.stringify(want)) {
      wrong++;
      if (wrong <= 15)
        process.stdout.write(
          `${JSON.stringify(pattern)}\n  python ${JSON.stringify(want)}\n  ours   ${JSON.stringify(got)}\n`,
        );
    }
  });
  process.stdout.write(
    `${oracle.exact}: ${count} patterns (seed ${seed}), ${errors} invalid, ${refused} refused, ${wrong} wrong\n`,
  );
  if (wrong > 0) process.exitCode = 1;
}
