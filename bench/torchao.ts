import { rmSync, writeFileSync } from 'node:fs';
import { builtinConfigs } from '@fewbit/configs';
import { createRegistry, formatRecipe, parseRecipe } from '@fewbit/core';
import { join } from 'node:path';
import { run } from './measure.ts';
import type { Section } from './section.ts';
import { linears, writeCheckpoint } from './synthetic.ts';

interface PeerTimes {
  readonly torch: string;
  readonly torchao: string;
  /** Best of the repeats, by number of threads; imports are not counted. */
  readonly threads: Record<'1' | '2', { readonly total: number; readonly peakBytes: number }>;
}

const registry = createRegistry({ configs: builtinConfigs });

/** From file to file against torchao on this machine's CPU, same bytes, same recipe. Needs the conformance venv. */
export const torchaoSection: Section = {
  name: 'torchao',
  run: async ({ root, scratch, fewbit }) => {
    const model = join(scratch, 'torchao');
    const bytes = writeCheckpoint(model, linears(16), 'data');
    const python = process.env.FEWBIT_PYTHON ?? join(root, 'conformance/.venv/bin/python');
    const lines = [
      '| config | fewbit 1 worker, s | fewbit 2, s | torchao 1 thread, s | torchao 2, s | torchao / fewbit, 1 | 2 |',
      '| --- | --- | --- | --- | --- | --- | --- |',
    ];
    let versions = '';
    for (const config of [
      { type: 'Int8WeightOnlyConfig' },
      { type: 'IntxWeightOnlyConfig', weight_dtype: 'int4', granularity: { type: 'PerGroup', group_size: 32 } },
    ]) {
      const recipe = join(scratch, 'torchao.json');
      const short = JSON.stringify({ 're:.*_proj': config });
      writeFileSync(recipe, formatRecipe(parseRecipe(short, registry).recipe));
      const ours: number[] = [];
      for (const workers of ['1', '2']) {
        const out = join(scratch, 'torchao-out');
        const args = ['quantize', model, '--recipe', recipe, '--out', out, '--workers', workers];
        ours.push((await run(fewbit[0], [fewbit[1], ...args])).seconds);
        rmSync(out, { recursive: true });
      }
      const script = join(root, 'conformance/bench_torchao.py');
      const { output } = await run(python, [script, model, '--recipe', recipe, '--out', join(scratch, 'torchao-peer')]);
      const peer = JSON.parse(output) as PeerTimes;
      versions = `torch ${peer.torch}, torchao ${peer.torchao}, ${(peer.threads[1].peakBytes / 2 ** 30).toFixed(1)} GiB of memory`;
      const theirs = [peer.threads[1].total, peer.threads[2].total];
      const cells = [...ours, ...theirs].map((seconds) => seconds.toFixed(2));
      const ratios = theirs.map((seconds, at) => (seconds / (ours[at] ?? NaN)).toFixed(2));
      lines.push(`| ${config.type} | ${cells.join(' | ')} | ${ratios.join(' | ')} |`);
    }
    rmSync(model, { recursive: true });
    return [
      `File to file, ${(bytes / 2 ** 30).toFixed(1)} GiB of bf16. ${versions}; its imports are not counted, our process start is.`,
      '',
      ...lines,
    ].join('\n');
  },
};
