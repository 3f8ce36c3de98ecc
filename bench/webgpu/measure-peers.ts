// Measures fewbit and onnxruntime-node in turn on the adapter of this process, and writes what it found as JSON.
import { writeFileSync } from 'node:fs';
import { probeWebgpu, type WebgpuBackend } from '@fewbit/kernels-webgpu';
import * as native from 'onnxruntime-node';
import { create } from 'webgpu';
import { compare, type Compared } from '../linear/compare.ts';
import { onnxPeer } from '../linear/onnx-peer.ts';
import { createProblem, requestOf } from '../linear/problem.ts';
import { median } from '../measure.ts';
import { FEATURES, PEER_ROWS, type AdapterResult, type Cost, type PeerResult, type PeerRow } from './peers.ts';

/** Of each row, for both together; at least as many rounds. */
const SECONDS = 20;
const LEAST_ROUNDS = 5;
const MOST_ROUNDS = 31;
const WARM_UP_CALLS = 2;

const [target = ''] = process.argv.slice(2);
// Dawn needs what `create` gives for as long as anything runs.
const { fewbitGpu } = Object.assign(globalThis, { fewbitGpu: create([]) });
const { backend, reason } = await probeWebgpu({ gpu: fewbitGpu, kernels: [] });
if (backend === null) throw new Error(reason);
const rows: PeerResult[] = [];
for (const row of PEER_ROWS) {
  console.error(`  ${row.title}`);
  rows.push(await measure(row, backend));
}
const result: AdapterResult = { adapter: backend.report().adapter, rows };
writeFileSync(target, JSON.stringify(result));
// Threads of the adapter keep the process alive.
process.exit();

/** Activations come from memory of this process and results go there, on both sides. */
async function measure(row: PeerRow, { inference }: WebgpuBackend): Promise<PeerResult> {
  const extents = { rows: row.rows, outFeatures: FEATURES, inFeatures: FEATURES };
  const problem = createProblem({ kind: 'int4', ...extents }, 1);
  const request = requestOf(problem);
  const layer = await inference.loadLinear(row.accuracyLevel === 0 ? { ...request, activations: null } : request);
  const ours: Compared = { name: 'fewbit', results: () => layer.forward(problem.activations) };
  const work = { problem, copies: 1 };
  const peer = await onnxPeer('onnxruntime-node WebGPU', native, `MatMulNBits acc ${row.accuracyLevel}`, work);
  const theirs: Compared = { name: peer.name, results: peer.results };
  const differences = await compare([ours, theirs], row.tolerance);
  const runners = [ours, theirs] as const;
  for (let call = 0; call < WARM_UP_CALLS; call += 1) for (const { results } of runners) await results();

  const samples: [Sample[], Sample[]] = [[], []];
  const started = performance.now();
  const enough = (round: number): boolean =>
    round >= MOST_ROUNDS || (round >= LEAST_ROUNDS && performance.now() - started > SECONDS * 1000);
  let rounds = 0;
  for (; !enough(rounds); rounds += 1) {
    // What comes first is not always the same.
    for (const at of rounds % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      samples[at].push(await sample(runners[at]));
    }
  }
  layer.release();
  await peer.release();
  return {
    ...{
      title: row.title,
      activationRows: row.rows,
      kernel: layer.kernel,
      rounds,
      difference: differences[theirs.name] ?? NaN,
    },
    ...{ ours: costOf(samples[0]), theirs: costOf(samples[1]) },
  };
}

interface Sample {
  readonly seconds: number;
  readonly processor: number;
}

async function sample({ results }: Compared): Promise<Sample> {
  const before = process.cpuUsage();
  const started = performance.now();
  await results();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { seconds, processor: (user + system) / 1e6 };
}

function costOf(samples: readonly Sample[]): Cost {
  const seconds = samples.map((one) => one.seconds);
  return {
    best: Math.min(...seconds),
    median: median(seconds),
    processor: Math.min(...samples.map(({ processor }) => processor)),
  };
}
