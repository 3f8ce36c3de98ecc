/**
 * Damages recipes at random and checks that each gives a typed error or what it says. The same seeds every time:
 * `pnpm --filter @fewbit/core fuzz`. A failure prints the text that caused it.
 */
import { judge, mutate, randomFrom } from '../test/helpers/hostile-recipes.ts';

const RUNS = 100_000;
const verdicts = { read: 0, refused: 0 };
for (let seed = 0; seed < RUNS; seed++) {
  const text = mutate(randomFrom(seed));
  try {
    verdicts[judge(text)]++;
  } catch (cause) {
    throw new Error(`seed ${seed} fails with ${JSON.stringify(text)}`, { cause });
  }
}
console.log(`${RUNS} recipes: ${verdicts.read} read, ${verdicts.refused} refused with a typed error`);
