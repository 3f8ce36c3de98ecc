/**
 * FEWBIT_PYTHONS=… node tools/fuzz/run-unicode.ts [patterns] [seed]: literals, classes, categories and references with
 * and without case, over the characters where Unicode versions and case rules differ.
 */
import { compare, describeDifferences } from '../compare.ts';
import { oracles } from '../oracle.ts';
import { randomCaseQuestion } from './case.ts';
import { Random } from './random.ts';

const count = Number(process.argv[2] ?? 3000);
const random = new Random(Number(process.argv[3] ?? 1));
const questions = Array.from({ length: count }, () => randomCaseQuestion(random, 8));
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
