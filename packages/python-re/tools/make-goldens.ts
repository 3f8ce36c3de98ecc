/**
 * FEWBIT_PYTHONS=… node tools/make-goldens.ts: writes test/goldens/*.jsonl, the answers of real CPythons to questions
 * that our generators make, so that the tests need no Python.
 */
import { writeFileSync } from 'node:fs';
import { randomCaseQuestion } from './fuzz/case.ts';
import { FAMILIES, type Family, randomPattern, randomSubjects } from './fuzz/patterns.ts';
import { Random } from './fuzz/random.ts';
import { randomSyntax } from './fuzz/syntax.ts';
import { type Answer, oracles, type Question } from './oracle.ts';

/** One line of a file: a question, and the answer of each interpreter; those equal to the first one's are left out. */
export interface Golden {
  readonly question: Question;
  readonly answers: Record<string, Answer>;
}

const random = new Random(20_260);
const match = (family: Family): Question => [randomPattern(random, family), '', randomSubjects(random, 3)];
const all = <T>(length: number, make: () => T): T[] => Array.from({ length }, make);
const matches = FAMILIES.flatMap((family) => all(130, () => match(family)));
const syntax = all(1500, (): Question => [randomSyntax(random, 7), '', []]);

const list = await oracles();
if (!list.some(({ version }) => version === '3.11')) throw new Error('Name a Python 3.11 in FEWBIT_PYTHONS');

/** Of many questions, the first that 3.11 and 3.13 answer differently: there 3.11 has mistakes of its own. */
function disputed(questions: readonly Question[], most: number): Question[] {
  const [first = [], second = []] = list
    .filter(({ version }) => version === '3.11' || version === '3.13')
    .map((oracle) => oracle.ask(questions).map((answer) => JSON.stringify(answer)));
  return questions.filter((_, i) => first[i] !== second[i]).slice(0, most);
}
const marks = disputed(
  all(40_000, () => match(random.pick(['atomic', 'mixed']))),
  40,
);
const letterCase = [
  ...all(300, () => randomCaseQuestion(random, 4)),
  ...disputed(
    all(40_000, () => randomCaseQuestion(random, 4)),
    40,
  ),
];

for (const [name, questions] of Object.entries({ matches, marks, case: letterCase, syntax })) {
  const answers = list.map((oracle) => ({ version: oracle.exact, all: oracle.ask(questions) }));
  const lines = questions.map((question, i) => {
    const first = JSON.stringify(answers[0]?.all[i]);
    const own = answers.filter(({ all }, k) => k === 0 || JSON.stringify(all[i]) !== first);
    return JSON.stringify({ question, answers: Object.fromEntries(own.map(({ version, all }) => [version, all[i]])) });
  });
  const versions = JSON.stringify(answers.map(({ version }) => version));
  writeFileSync(new URL(`../test/goldens/${name}.jsonl`, import.meta.url), `${versions}\n${lines.join('\n')}\n`);
}
