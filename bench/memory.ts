import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './measure.ts';
import type { Section } from './section.ts';
import { linears, writeCheckpoint, type SyntheticTensor } from './synthetic.ts';

/** Resident memory of a whole run, for a checkpoint far larger than it, and for one ten times as long. */
export const memorySection: Section = {
  name: 'memory',
  run: async ({ scratch, fewbit }) => {
    const recipe = join(scratch, 'memory.json');
    writeFileSync(recipe, JSON.stringify({ 're:.*_proj': { type: 'Int8WeightOnlyConfig' } }));
    const lines = [
      'Highest resident memory of the process with its workers (VmHWM). Every weight is quantized to int8 per row, by 2 workers.',
      'Must stay under 300 MiB.',
      '',
      '| checkpoint | largest tensor | fill | peak MiB | seconds |',
      '| --- | --- | --- | --- | --- |',
    ];
    for (const [times, fill] of [
      [1, 'data'],
      [10, 'sparse'],
    ] as const) {
      const big: SyntheticTensor = { name: 'model.layers.0.mlp.down_proj.weight', shape: [131072 * times, 8192] };
      const model = join(scratch, 'memory');
      const out = join(scratch, 'memory-out');
      const bytes = writeCheckpoint(model, [big, ...linears(64 * times)], fill);
      const args = ['quantize', model, '--recipe', recipe, '--out', out, '--workers', '2'];
      const { peakMiB, seconds } = await run(fewbit[0], [fewbit[1], ...args]);
      const gib = (value: number): string => `${(value / 2 ** 30).toFixed(1)} GiB`;
      const largest = big.shape[0] * big.shape[1] * 2;
      lines.push(`| ${gib(bytes)} | ${gib(largest)} | ${fill} | ${peakMiB.toFixed(0)} | ${seconds.toFixed(0)} |`);
      rmSync(model, { recursive: true });
      rmSync(out, { recursive: true });
    }
    lines.push(
      '',
      '"sparse": the input file is a hole that reads as zeros, since the machine has no disk for it; the output is written in full.',
    );
    return lines.join('\n');
  },
};
