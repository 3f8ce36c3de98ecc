import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { busyness } from '../measure.ts';
import type { Section } from '../section.ts';
import { FEATURES, type AdapterResult, type PeerResult } from './peers.ts';

/** Debian's chromium-common brings it. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** int4 layers on one adapter after another, against onnxruntime-node's WebGPU provider on the same one. */
export const webgpuSection: Section = {
  name: 'webgpu',
  run: ({ scratch }) => {
    const parts = [
      [
        `int4 in groups of 32, F32 scales, ${FEATURES} x ${FEATURES}; fewbit and the WebGPU provider of onnxruntime-node`,
        `${versionOf('onnxruntime-node')} (MatMulNBits) in turn, in one process, ours through webgpu ${versionOf('webgpu')};`,
        'activations and results in memory of the process for both, same codes, scales and activations, after two calls of each.',
        'Milliseconds: medians (and best) as time passed, and the least of all cores together, which others on the machine disturb less.',
        '`times the peer` takes medians (best; processor time). `off by`: root mean square of the differences over that of the results.',
        'Software adapters: times say nothing about a GPU.',
      ].join(' '),
    ];
    for (const driver of drivers()) {
      const load = busyness();
      const target = join(scratch, 'webgpu.json');
      const script = fileURLToPath(new URL('measure-peers.ts', import.meta.url));
      execFileSync(process.execPath, ['--conditions=@fewbit/source', script, target], {
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { ...process.env, VK_ICD_FILENAMES: driver },
      });
      const { adapter, rows } = JSON.parse(readFileSync(target, 'utf8')) as AdapterResult;
      parts.push(`### ${adapter}`, load, tableOf(rows));
    }
    return Promise.resolve(parts.join('\n\n'));
  },
};

/** Vulkan drivers' files, each of one adapter. */
function drivers(): readonly string[] {
  const named = process.env.FEWBIT_VULKAN;
  if (named !== undefined) return named.split(delimiter);
  if (existsSync(SWIFTSHADER)) return [SWIFTSHADER];
  const advice = 'FEWBIT_VULKAN names the JSON files of others';
  throw new Error(`there is no ${SWIFTSHADER} (of Debian's chromium-common); ${advice}`);
}

function versionOf(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}

function tableOf(rows: readonly PeerResult[]): string {
  return [
    '| work | rows | kernel | ours, ms | processor | MatMulNBits, ms | processor | times the peer | asked | off by | rounds |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map(lineOf),
  ].join('\n');
}

function lineOf({ title, activationRows, kernel, ours, theirs, difference, rounds }: PeerResult): string {
  const times = theirs.median / ours.median;
  const others = [theirs.best / ours.best, theirs.processor / ours.processor].map((ratio) => ratio.toFixed(2));
  const cells = [
    ...[title, activationRows, kernel],
    ...[ours, theirs].flatMap(({ median, best, processor }) => [`${ms(median)} (${ms(best)})`, ms(processor)]),
    `${times.toFixed(2)} (${others.join('; ')})`,
    `1: ${times >= 1 ? 'met' : '**missed**'}`,
    difference.toExponential(1),
    rounds,
  ];
  return `| ${cells.join(' | ')} |`;
}

function ms(seconds: number): string {
  const value = seconds * 1000;
  return value < 100 ? value.toPrecision(3) : value.toFixed(0);
}
