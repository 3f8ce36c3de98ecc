/**
 * FEWBIT_PYTHONS=… node tools/fuzz/run-matches.ts [patterns per family] [seed]
 * Compares fullmatch, match and search with all spans, and the test forms, with real CPythons.
 */
import { compare, describeDifferences } from '../compare.ts';
import { oracles, type Question } from '../oracle.ts';
import { FAMILIES, randomPattern, randomSubjects } from './patterns.ts';
import { Random } from './random.ts';

const perFamily = Number(process.argv[2] ?? 2000);
const seed = Number(process.argv[3] ?? 1);
const BATCH = 1000;

const list = await oracles();
for (const family of FAMILIES) {
  for (let from = 0; from < perFamily; from += BATCH) {
    const random = new Random(seed * 100_003 + FAMILIES.indexOf(family) * 1009 + from);
    let questions: Question[] = Array.from({ length: Math.min(BATCH, perFamily - from) }, () => [
      randomPattern(random, family),
      '',
      ['', ...randomSubjects(random, 5)],
    ]);
    for (const oracle of list) {
      const result = compare(questions, oracle.ask(questions), oracle);
      const spans = result.differences.filter((d) => d.spansOnly).length;
      const refused = [...result.refused].map(([code, patterns]) => `${code} ${patterns.length}`).join(', ');
      process.stdout.write(
        `${oracle.exact} ${family} seed ${seed}+${from}: ${result.matches} matches, ${result.errors} errors, ` +
          `${result.differences.length - spans} wrong, ${spans} spans, refused: ${refused || 'none'}, ` +
          `no verdict: ${result.noVerdict.size}\n`,
      );
      if (result.differences.length > 0) {
        process.stdout.write(`${describeDifferences(result.differences, 5)}\n`);
        process.exitCode = 1;
      }
      // Patterns that an interpreter with a timer had to give up must not be asked of one without.
      questions = questions.filter(([text]) => !result.noVerdict.has(text));
    }
  }
}
