import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeDeepSeekV3, writeRecipe } from './deepseek.ts';
import { median, run, type Run } from './measure.ts';
import type { Section } from './section.ts';

const ROUNDS = 5;
const COMMANDS: readonly (readonly [name: string, args: (model: string, recipe: string) => readonly string[]])[] = [
  ['explain', (model, recipe) => ['explain', model, '--recipe', recipe]],
  ['lint', (model, recipe) => ['lint', recipe, '--checkpoint', model]],
  ['explain --lint', (model, recipe) => ['explain', model, '--recipe', recipe, '--lint']],
];
/** Seconds that explain and lint together may take, by number of keys. */
const ALLOWED: readonly (readonly [keys: number, seconds: number])[] = [
  [500, 2],
  [10_000, 8],
];

/** Lint ends with 1 when it finds something, as it does here. */
const LOOKED: readonly number[] = [0, 1];

async function rounds(once: () => Promise<Run>, count = ROUNDS): Promise<readonly Run[]> {
  const runs: Run[] = [];
  while (runs.length < count) runs.push(await once());
  return runs;
}

function rowOf(name: string, keys: string, runs: readonly Run[]): string {
  const seconds = runs.map((one) => one.seconds);
  const peak = Math.max(...runs.map(({ peakMiB }) => peakMiB));
  return `| ${name} | ${keys} | ${median(seconds).toFixed(2)} | ${Math.min(...seconds).toFixed(2)} | ${peak.toFixed(0)} |`;
}

/** The commands that only look: from the files of a large model to the last line on the screen. */
export const explainSection: Section = {
  name: 'explain',
  run: async ({ scratch, fewbit }) => {
    const model = join(scratch, 'deepseek-v3');
    const tensors = writeDeepSeekV3(model, 'bf16');
    const lines = [
      `Wall clock of the command as built, process start included, on the ${tensors.toLocaleString('en')} tensors of DeepSeek-V3 (163 shards with real names and shapes, weights as bf16, holes for data) and recipes of as many "re:" keys as said; medians of ${ROUNDS} runs, with the fastest.`,
      'The machine may be shared; `node` alone is what it takes to start at that moment.',
      '',
      '| | keys | seconds | fastest | peak MiB |',
      '| --- | --- | --- | --- | --- |',
    ];
    lines.push(rowOf('node -e 0', '', await rounds(() => run(fewbit[0], ['-e', '0']))));
    for (const [keys, allowed] of ALLOWED) {
      const recipe = join(scratch, `recipe-${keys}.json`);
      writeRecipe(recipe, keys);
      for (const [name, argsOf] of COMMANDS) {
        const runs = await rounds(() => run(fewbit[0], [fewbit[1], ...argsOf(model, recipe)], {}, LOOKED));
        lines.push(rowOf(`fewbit ${name}`, String(keys), runs));
      }
      const json = await rounds(() => run(fewbit[0], [fewbit[1], 'explain', model, '--recipe', recipe, '--json']), 1);
      const megabytes = (json[0]?.output.length ?? 0) / 1e6;
      lines.push(rowOf(`fewbit explain --json, ${megabytes.toFixed(0)} MB`, String(keys), json));
      lines.push(`| allowed for explain and lint | ${keys} | ${allowed.toFixed(2)} | | |`);
    }
    rmSync(model, { recursive: true });
    return lines.join('\n');
  },
};
