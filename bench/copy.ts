import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, run } from './measure.ts';
import type { Section } from './section.ts';
import { linears, writeCheckpoint } from './synthetic.ts';

const ROUNDS = 5;

/** The executor around the backend: a recipe that quantizes nothing, against `cp` of the same file. */
export const copySection: Section = {
  name: 'copy',
  run: async ({ scratch, fewbit }) => {
    const model = join(scratch, 'copy');
    const bytes = writeCheckpoint(model, linears(64), 'data');
    const recipe = join(scratch, 'copy.json');
    writeFileSync(recipe, '{}');
    const times: { cp: number[]; one: number[]; two: number[] } = { cp: [], one: [], two: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      times.cp.push((await run('cp', ['-r', model, join(scratch, 'cp')])).seconds);
      rmSync(join(scratch, 'cp'), { recursive: true });
      for (const [workers, list] of [
        ['1', times.one],
        ['2', times.two],
      ] as const) {
        const out = join(scratch, `copy-${workers}`);
        const args = ['quantize', model, '--recipe', recipe, '--out', out, '--workers', workers];
        list.push((await run(fewbit[0], [fewbit[1], ...args])).seconds);
        rmSync(out, { recursive: true });
      }
    }
    rmSync(model, { recursive: true });
    const cp = median(times.cp);
    const row = (name: string, seconds: number): string =>
      `| ${name} | ${seconds.toFixed(2)} | ${(seconds / cp).toFixed(2)} |`;
    return [
      `A copy-only recipe (\`{}\`) on ${(bytes / 2 ** 30).toFixed(1)} GiB of bf16; medians of ${ROUNDS} interleaved runs, process start included.`,
      'Must be at most 1.5 times `cp`.',
      '',
      '| | seconds | times cp |',
      '| --- | --- | --- |',
      row('cp', cp),
      row('fewbit quantize, 1 worker', median(times.one)),
      row('fewbit quantize, 2 workers', median(times.two)),
    ].join('\n');
  },
};
