// Measures layers in groups under int8 activations: GOPS = 2 M N K / time, GB/s of packed weights, best and median of
// interleaved runs, for both modules, beside what loops of nothing else reach in the same minute.
//
//     node -C @fewbit/source tools/measure-linear.ts [--threads N] [--asymmetric]
//
import { parseArgs } from 'node:util';
import type { ActivationQuantization, FloatDtype, LinearLayer, LinearRequest } from '@fewbit/core';
import { createWasmBackend, type ModuleVariant, type WasmBackend } from '../src/index.ts';
import { compilePeak } from './peak.ts';

const { values: options } = parseArgs({
  options: {
    threads: { type: 'string', default: '1' },
    asymmetric: { type: 'boolean', default: false },
    scales: { type: 'string', default: 'F32' },
    rounds: { type: 'string', default: '40' },
    only: { type: 'string', default: '' },
  },
});

const N = 2048;
const K = 2048;
/** More than any cache here holds. */
const DRAM_BYTES = 320 * 2 ** 20;

const ACTIVATIONS: ActivationQuantization = {
  ...{ mapping: options.asymmetric ? 'ASYMMETRIC' : 'SYMMETRIC', qmin: -128, qmax: 127, eps: 2 ** -23 },
  ...{ scaleDtype: 'F32', granularity: 'row' },
};
const SCALES = (['F32', 'BF16', 'F16'] as const).find((dtype) => dtype === options.scales) ?? 'F32';

interface Row {
  readonly name: string;
  readonly bits: number;
  readonly group: number;
  readonly rows: number;
  readonly dram: boolean;
}

const ROWS: readonly Row[] = [
  { name: 'int4 g32 gemv', bits: 4, group: 32, rows: 1, dram: false },
  { name: 'int4 g32 gemv from DRAM', bits: 4, group: 32, rows: 1, dram: true },
  { name: 'int4 g128 gemv from DRAM', bits: 4, group: 128, rows: 1, dram: true },
  { name: 'int4 g32 gemm M=64', bits: 4, group: 32, rows: 64, dram: false },
  { name: 'int8 g32 gemv', bits: 8, group: 32, rows: 1, dram: false },
  { name: 'int8 g32 gemv from DRAM', bits: 8, group: 32, rows: 1, dram: true },
  { name: 'int8 g32 gemm M=64', bits: 8, group: 32, rows: 64, dram: false },
];

function request(bits: number, group: number): LinearRequest {
  const qdata = new Int8Array(N * K).map(() => Math.floor(Math.random() * 2 ** bits) - 2 ** (bits - 1));
  const blocks = (N * K) / group;
  const scale = scaleBytes(blocks, SCALES);
  return {
    weight: {
      ...{ kind: 'affine', outFeatures: N, inFeatures: K, bits, qdata, scale, scaleDtype: SCALES, zeroPoint: null },
      view: { outer: blocks, length: group, inner: 1 },
    },
    ...{ bias: null, activations: ACTIVATIONS, dtype: 'F32' },
  };
}

/** 2^-6 each. */
function scaleBytes(count: number, dtype: FloatDtype): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(new Float32Array(count).fill(2 ** -6).buffer);
  return new Uint8Array(new Uint16Array(count).fill(dtype === 'BF16' ? 0x3c80 : 0x2400).buffer);
}

interface Subject {
  readonly backend: WasmBackend;
  readonly layers: readonly LinearLayer[];
  readonly times: number[];
  /** Of the processor: without what other programs took. */
  readonly cpu: number[];
  next: number;
}

async function subject(variant: ModuleVariant, row: Row): Promise<Subject | null> {
  const backend = await createWasmBackend({ modules: [variant], threads: Number(options.threads) });
  if (backend === null) return null;
  const one = request(row.bits, row.group);
  const first = await backend.inference.loadLinear(one);
  const layers = [first];
  while (row.dram && layers.length * first.byteLength < DRAM_BYTES) {
    layers.push(await backend.inference.loadLinear(one));
  }
  return { backend, layers, times: [], cpu: [], next: 0 };
}

async function run(one: Subject, x: Float32Array): Promise<void> {
  const layer = one.layers[one.next % one.layers.length];
  one.next += 1;
  const before = process.cpuUsage();
  const start = performance.now();
  await layer?.forward(x);
  one.times.push(performance.now() - start);
  const { user, system } = process.cpuUsage(before);
  one.cpu.push((user + system) / 1000);
}

const peak = await compilePeak();

for (const row of ROWS) {
  if (!row.name.includes(options.only)) continue;
  const subjects: Map<ModuleVariant, Subject> = new Map();
  for (const variant of ['relaxed', 'plain'] as const) {
    const one = await subject(variant, row);
    if (one !== null) subjects.set(variant, one);
  }
  const x = new Float32Array(row.rows * K).map(() => Math.random() - 0.5);
  for (let round = 0; round < 50; round += 1) for (const one of subjects.values()) await run(one, x);
  for (const { times, cpu } of subjects.values()) times.length = cpu.length = 0;
  const rounds = Number(options.rounds) * (row.rows > 1 ? 1 : 5);
  for (let round = 0; round < rounds; round += 1) for (const one of subjects.values()) await run(one, x);
  console.log(
    `${row.name}  (peak: bytes ${peak.bytes().toFixed(0)}, 16 bits ${peak.words().toFixed(0)} GOPS, read ${peak.read().toFixed(1)} GB/s)`,
  );
  for (const { backend, layers, times, cpu } of subjects.values()) {
    times.sort((left, right) => left - right);
    cpu.sort((left, right) => left - right);
    const bytes = layers[0]?.byteLength ?? 0;
    const figures = [times[0] ?? 0, times[times.length >> 1] ?? 0, cpu[cpu.length >> 1] ?? 0].map(
      (time) => `${((2 * row.rows * N * K) / time / 1e6).toFixed(1)} GOPS ${(bytes / time / 1e6).toFixed(1)} GB/s`,
    );
    console.log(
      `  ${backend.name}: best ${figures[0] ?? ''}, median ${figures[1] ?? ''}, median of processor time ${figures[2] ?? ''}`,
    );
    backend.close();
  }
}
