import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtinConfigs } from '@fewbit/configs';
import { createRegistry, formatRecipe, parseRecipe } from '@fewbit/core';
import { ratioCells } from './linear/table.ts';
import { busyness, median, run, type Run } from './measure.ts';
import type { BenchContext, Section } from './section.ts';
import { linears, writeCheckpoint } from './synthetic.ts';

const ROUNDS = 3;
const TENSORS = 128;

const CONFIGS = [
  { type: 'Int8WeightOnlyConfig' },
  { type: 'IntxWeightOnlyConfig', weight_dtype: 'int4', granularity: { type: 'PerGroup', group_size: 32 } },
];

/** Times torchao as many times as fast, and its memory; `cp` as long, at most. */
const ASKED = { times: 4, memory: 10, cp: 1 } as const;

type Sample = Pick<Run, 'seconds' | 'peakMiB'>;

/** A checkpoint of 4 GiB from file to file, against torchao and against copying it. */
export const filesSection: Section = {
  name: 'files',
  run: async (context) => {
    const { root, scratch } = context;
    const python = process.env.FEWBIT_PYTHON ?? join(root, 'conformance/.venv/bin/python');
    if (!existsSync(python)) throw new Error(`torchao is not there: ${python} is missing; set FEWBIT_PYTHON`);
    const model = join(scratch, 'files');
    const bytes = writeCheckpoint(model, linears(TENSORS), 'data');
    const registry = createRegistry({ configs: builtinConfigs });
    const rows = CONFIGS.map((config, index) => {
      const recipe = join(scratch, `files-${index}.json`);
      writeFileSync(recipe, formatRecipe(parseRecipe(JSON.stringify({ 're:.*_proj': config }), registry).recipe));
      return { config, recipe, ours: [] as Sample[], theirs: [] as Sample[] };
    });
    const load = busyness();
    const copies: Sample[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      copies.push(await copy(context, model));
      for (const { recipe, ours, theirs } of rows) {
        ours.push(await quantize(context, model, recipe));
        theirs.push(await quantizeWithTorchao(context, python, model, recipe));
      }
    }
    rmSync(model, { recursive: true });
    const cp = median(copies.map(({ seconds }) => seconds));
    return [
      `${(bytes / 2 ** 30).toFixed(1)} GiB of bf16 in one file that is in the page cache, written to a new one; medians of ${ROUNDS} rounds in turn, after \`sync\`. ${load}`,
      'fewbit: the command, process start included, 2 workers. torchao: load, quantize_, save, on 2 threads; its imports are not counted.',
      'Memory: highest resident set, of the process with its workers.',
      `\`cp\` of the input: ${cp.toFixed(2)} s.`,
      '',
      `| config | fewbit, s | torchao, s | times torchao | asked | fewbit, MiB | torchao, MiB | of its memory | asked | times as long as cp | asked |`,
      '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
      ...rows.map(({ config, ours, theirs }) => {
        const [mine, peer] = [ours, theirs].map((samples) => ({
          seconds: median(samples.map(({ seconds }) => seconds)),
          peakMiB: Math.max(...samples.map(({ peakMiB }) => peakMiB)),
        })) as [Sample, Sample];
        const longer = mine.seconds / cp;
        const cells = [
          config.type,
          mine.seconds.toFixed(2),
          peer.seconds.toFixed(2),
          ...ratioCells(peer.seconds / mine.seconds, ASKED.times),
          mine.peakMiB.toFixed(0),
          peer.peakMiB.toFixed(0),
          `1 / ${(peer.peakMiB / mine.peakMiB).toFixed(0)}`,
          `1 / ${ASKED.memory}: ${peer.peakMiB / mine.peakMiB >= ASKED.memory ? 'met' : '**missed**'}`,
          longer.toFixed(2),
          `${ASKED.cp}: ${longer <= ASKED.cp ? 'met' : '**missed**'}`,
        ];
        return `| ${cells.join(' | ')} |`;
      }),
    ].join('\n');
  },
};

async function copy({ scratch }: BenchContext, model: string): Promise<Sample> {
  return into(join(scratch, 'files-cp'), (out) => run('cp', ['-r', model, out]));
}

async function quantize({ scratch, fewbit }: BenchContext, model: string, recipe: string): Promise<Sample> {
  return into(join(scratch, 'files-out'), (out) =>
    run(fewbit[0], [fewbit[1], 'quantize', model, '--recipe', recipe, '--out', out, '--workers', '2']),
  );
}

async function quantizeWithTorchao(
  { root, scratch }: BenchContext,
  python: string,
  model: string,
  recipe: string,
): Promise<Sample> {
  return into(join(scratch, 'files-torchao'), async (out) => {
    const script = join(root, 'conformance/bench_torchao.py');
    const args = [script, model, '--recipe', recipe, '--out', out, '--threads', '2', '--repeat', '1'];
    const { threads } = JSON.parse((await run(python, args)).output) as {
      readonly threads: Record<'2', { readonly total: number; readonly peakBytes: number }>;
    };
    return { seconds: threads[2].total, peakMiB: threads[2].peakBytes / 2 ** 20 };
  });
}

/** Without what earlier runs left to be written to disk, and leaving nothing itself. */
async function into(out: string, work: (out: string) => Promise<Sample>): Promise<Sample> {
  await run('sync', []);
  try {
    return await work(out);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}
