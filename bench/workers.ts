import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, run } from './measure.ts';
import type { Section } from './section.ts';
import { linears, writeCheckpoint } from './synthetic.ts';

const ROUNDS = 3;

const CONFIGS = [
  { type: 'Int8WeightOnlyConfig' },
  { type: 'IntxWeightOnlyConfig', weight_dtype: 'int4', granularity: { type: 'PerGroup', group_size: 32 } },
  { type: 'Int4WeightOnlyConfig', group_size: 32 },
];

/** How two workers compare with one. */
export const workersSection: Section = {
  name: 'workers',
  run: async ({ scratch, fewbit }) => {
    const model = join(scratch, 'workers');
    const bytes = writeCheckpoint(model, linears(32), 'data');
    const lines = [
      `Quantizing ${(bytes / 2 ** 30).toFixed(1)} GiB of bf16; medians of ${ROUNDS} interleaved runs, process start included. Two workers must take at most 0.6 of one's time where computing takes the time, as with the reference backend; with wasm the files do.`,
      '',
      '| config | backend | 1 worker, s | 2 workers, s | ratio |',
      '| --- | --- | --- | --- | --- |',
    ];
    for (const backend of ['reference', 'wasm'] as const) {
      for (const config of CONFIGS) {
        const recipe = join(scratch, 'workers.json');
        writeFileSync(recipe, JSON.stringify({ 're:.*_proj': config }));
        const times: Record<'1' | '2', number[]> = { '1': [], '2': [] };
        for (let round = 0; round < ROUNDS; round += 1) {
          for (const workers of ['1', '2'] as const) {
            const out = join(scratch, 'workers-out');
            const args = [
              'quantize',
              model,
              '--recipe',
              recipe,
              '--out',
              out,
              '--workers',
              workers,
              '--backend',
              backend,
            ];
            times[workers].push((await run(fewbit[0], [fewbit[1], ...args])).seconds);
            rmSync(out, { recursive: true });
          }
        }
        const [one, two] = [median(times['1']), median(times['2'])];
        lines.push(
          `| ${config.type} | ${backend} | ${one.toFixed(2)} | ${two.toFixed(2)} | ${(two / one).toFixed(2)} |`,
        );
      }
    }
    rmSync(model, { recursive: true });
    return lines.join('\n');
  },
};
