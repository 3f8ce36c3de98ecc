import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtinConfigs, int4WeightOnly, int8WeightOnly, intxWeightOnly, perGroup } from '@fewbit/configs';
import {
  createReferenceBackend,
  createRegistry,
  formatRecipe,
  parseRecipe,
  RANGE_BYTES,
  type Backend,
  type Config,
  type ParameterInfo,
} from '@fewbit/core';
import { createWasmBackend } from '@fewbit/kernels-wasm';
import { run } from './measure.ts';
import type { Section } from './section.ts';
import { linears, noise, writeCheckpoint } from './synthetic.ts';

const EXTENT = 4096;
const WEIGHTS = EXTENT * EXTENT;
const BYTES = WEIGHTS * 2;
const RANGES = BYTES / RANGE_BYTES;
const ROUNDS = 25;

const WEIGHT: ParameterInfo = {
  name: 'weight',
  module: '',
  parameter: 'weight',
  kind: 'linear',
  dtype: 'BF16',
  shape: [EXTENT, EXTENT],
};

interface Contender {
  readonly name: string;
  /** Does range number `range`. */
  readonly run: (range: number) => unknown;
  /** Seconds of the fastest run of each range. */
  readonly best: Float64Array;
}

/** Quantizing a matrix in memory, on one thread, against copying it and against torchao. */
export const wasmQuantizeSection: Section = {
  name: 'wasm-quantize',
  run: async ({ root, scratch }) => {
    const weights = noise(BYTES);
    const copy = copying(weights);
    const configs: readonly [Config, boolean][] = [
      [int8WeightOnly(), true],
      [intxWeightOnly({ weightDtype: 'int4', granularity: perGroup(32) }), true],
      [intxWeightOnly({ weightDtype: 'int4', granularity: perGroup(128) }), false],
      [int4WeightOnly({ groupSize: 32 }), false],
      [int4WeightOnly({ groupSize: 128 }), false],
    ];
    const backends = [
      createReferenceBackend(),
      await createWasmBackend({ modules: ['plain'] }),
      await createWasmBackend({ modules: ['relaxed'] }),
    ];
    const lines = [
      '| config | reference | wasm, plain | wasm, relaxed | GB/s moved, best | of copying | torchao, 1 thread | times torchao |',
      '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ];
    const python = process.env.FEWBIT_PYTHON ?? join(root, 'conformance/.venv/bin/python');
    for (const [config, withPeer] of configs) {
      const [reference, plain, relaxed] = backends.map((backend) =>
        backend === null ? null : quantizing(backend, config, weights),
      );
      await interleave([copy, reference, plain, relaxed]);
      const rates = [reference, plain, relaxed].map((one) => (one ? WEIGHTS / sum(one.best) : null));
      const best = Math.max(...rates.map((rate) => rate ?? 0));
      const moved = (best * bytesMoved(config)) / WEIGHTS;
      const share = moved / ((2 * BYTES) / sum(copy.best));
      const peer = withPeer && existsSync(python) ? await torchaoRate(config, { root, scratch, python }) : null;
      const cells = [
        ...rates.map(giga),
        (moved / 1e9).toFixed(1),
        `${(share * 100).toFixed(0)} %`,
        giga(peer),
        peer === null ? '' : (best / peer).toFixed(0),
      ];
      lines.push(`| ${config.type}, ${config.summary} | ${cells.join(' | ')} |`);
    }
    for (const backend of backends) backend?.close();
    return [
      `G weights/s, one thread, a matrix of ${EXTENT} x ${EXTENT} in bf16, in memory, in ranges of 1 MiB as workers take them;`,
      `of each range the fastest of ${ROUNDS} interleaved runs in one process. Copying the same bytes: ${(BYTES / sum(copy.best) / 1e9).toFixed(1)} GB/s,`,
      `so twice that moved; "moved" counts what is read and what is written. torchao: its \`quantize_\` alone, the best of 3 processes.`,
      '',
      ...lines,
    ].join('\n');
  },
};

function copying(weights: Uint8Array): Contender {
  const target = new Uint8Array(BYTES);
  const range = (at: number): Uint8Array => weights.subarray(at * RANGE_BYTES, (at + 1) * RANGE_BYTES);
  return contender('copy', (at) => {
    target.set(range(at), at * RANGE_BYTES);
  });
}

function quantizing(backend: Backend, config: Config, weights: Uint8Array): Contender {
  const quantizer = config.quantizer(WEIGHT);
  const buffer = backend.quantizing.allocate(BYTES);
  buffer.set(weights);
  const perRange = RANGE_BYTES / 2;
  return contender(backend.name, (at) =>
    quantizer.quantize({
      input: buffer.subarray(at * RANGE_BYTES, (at + 1) * RANGE_BYTES),
      start: at * perRange,
      end: (at + 1) * perRange,
      backend: backend.quantizing,
      statistic: null,
    }),
  );
}

function contender(name: string, run: Contender['run']): Contender {
  return { name, run, best: new Float64Array(RANGES).fill(Infinity) };
}

/** Range after range, round after round, each contender in turn: what disturbs one disturbs all. */
async function interleave(contenders: readonly (Contender | null | undefined)[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const one of contenders) {
      // The reference takes a hundred times as long as the others.
      if (!one || (one.name === 'reference' && round >= 2)) continue;
      for (let range = 0; range < RANGES; range += 1) {
        const started = performance.now();
        await one.run(range);
        one.best[range] = Math.min(one.best[range] ?? Infinity, (performance.now() - started) / 1000);
      }
    }
  }
}

/** Bytes read and written for the whole matrix. */
function bytesMoved(config: Config): number {
  const { components } = config.quantizer(WEIGHT);
  const widths: Readonly<Record<string, number>> = { I8: 1, BF16: 2, F32: 4 };
  return components.reduce(
    (bytes, { dtype, shape }) => bytes + shape.reduce((product, extent) => product * extent, widths[dtype] ?? NaN),
    BYTES,
  );
}

async function torchaoRate(
  config: Config,
  { root, scratch, python }: { readonly root: string; readonly scratch: string; readonly python: string },
): Promise<number> {
  const model = join(scratch, 'wasm-quantize');
  writeCheckpoint(model, linears(4), 'data');
  const recipe = join(scratch, 'wasm-quantize.json');
  const registry = createRegistry({ configs: builtinConfigs });
  const entry = JSON.stringify({ 're:.*_proj': { type: config.type, ...config.toFields() } });
  writeFileSync(recipe, formatRecipe(parseRecipe(entry, registry).recipe));
  const script = join(root, 'conformance/bench_torchao.py');
  const out = join(scratch, 'wasm-quantize-peer');
  const { output } = await run(python, [script, model, '--recipe', recipe, '--out', out, '--threads', '1']);
  rmSync(model, { recursive: true });
  rmSync(out, { recursive: true });
  const peer = JSON.parse(output) as { readonly threads: Record<'1', { readonly quantize: number }> };
  return (4 * WEIGHTS) / peer.threads[1].quantize;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function giga(rate: number | null): string {
  return rate === null ? '–' : (rate / 1e9).toFixed(2);
}
