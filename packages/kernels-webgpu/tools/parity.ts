// Writes PARITY.md: how far every kernel variant is from the reference on the adapter of this machine.
import { writeFileSync } from 'node:fs';
import { createReferenceBackend, type LinearRequest } from '@fewbit/core';
import { LINEAR_TRIALS, randomActivations, seededRandom, type LinearShape } from '@fewbit/core/testing';
import { probeWebgpu, type ShaderFeatures, type WebgpuBackend } from '../src/index.ts';
import { gpu } from '../test/helpers/adapter.ts';

const SHAPE: LinearShape = [96, 512];
const ROWS = [1, 3, 33];
const RUNGS: readonly (readonly (keyof ShaderFeatures)[])[] = [
  [],
  ['subgroups'],
  ['packedDot'],
  ['packedDot', 'subgroups'],
];

const { inference: reference } = createReferenceBackend();
if (reference === null) throw new TypeError('the reference runs layers');

interface Agreement {
  readonly largest: number;
  readonly mean: number;
  readonly relative: number;
  readonly cosine: number;
  readonly different: number;
}

const lines = [
  '# Agreement with the reference',
  '',
  'Written by `pnpm parity`: every kind of layer of the conformance suite, in F32, with weights of',
  `[${SHAPE.join(', ')}] and ${ROWS.join(', ')} rows of activations (decode of one row, of up to four, prefill), against the`,
  'reference backend of `@fewbit/core`, which adds up in f64. "Relative" is the largest error over the sum of absolute',
  'products, which the contract bounds by 1e-5; "different" counts results whose bits differ: an exact kind has none.',
];

for (const without of RUNGS) {
  const { backend, reason } = await probeWebgpu({ gpu, without });
  if (backend === null) throw new Error(reason);
  const { adapter, variants, rejected } = backend.report();
  const names = new Set(variants.filter(({ kernel }) => kernel.includes(',')).map(({ variant }) => variant));
  const wrong = rejected.map(({ kernel, variant }) => `${kernel} (${variant})`);
  console.log(adapter, [...names]);
  lines.push(
    ...['', `## ${[...names].join('; ')}`, ''],
    `Adapter: ${adapter}. Rejected by the self-test: ${wrong.length === 0 ? 'none' : wrong.join(', ')}.`,
    ...['', '| kind of layer | kernel | rows | max error | mean error | relative | 1 - cosine | different |'],
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
  );
  for (const [index, trial] of LINEAR_TRIALS.entries()) {
    const request = trial.request(seededRandom(index), SHAPE, 'F32');
    for (const rows of ROWS) {
      const { kernel, agreement } = await measure(backend, request, rows);
      const { largest, mean, relative, cosine, different } = agreement;
      const figures = [largest, mean, relative, 1 - cosine].map((value) => value.toExponential(1));
      lines.push(`| ${[trial.name, kernel, rows, ...figures, different].join(' | ')} |`);
    }
  }
  backend.close();
}

writeFileSync(new URL('../PARITY.md', import.meta.url), `${lines.join('\n')}\n`);

async function measure(
  backend: WebgpuBackend,
  request: LinearRequest,
  rows: number,
): Promise<{ readonly kernel: string; readonly agreement: Agreement }> {
  const { inFeatures, outFeatures } = request.weight;
  const layer = await backend.inference.loadLinear(request);
  const expected = await reference?.loadLinear(request);
  const plain = await reference?.loadLinear({ ...request, activations: null, bias: null, dtype: 'F32' });
  if (expected === undefined || plain === undefined) throw new TypeError('the reference runs layers');
  const unit = Float32Array.from({ length: inFeatures ** 2 }, (_, i) => (i % (inFeatures + 1) === 0 ? 1 : 0));
  const columns = await plain.forward(unit);
  const x = randomActivations(seededRandom(rows), rows * inFeatures, request.dtype);
  const seen = await layer.forward(x);
  layer.release();
  const sums = { largest: 0, total: 0, relative: 0, dot: 0, seen: 0, known: 0, different: 0 };
  for (const [at, value] of (await expected.forward(x)).entries()) {
    const [m, n] = [Math.floor(at / outFeatures), at % outFeatures];
    let size = Math.abs(request.bias?.[n] ?? 0);
    for (let k = 0; k < inFeatures; k += 1) {
      size += Math.abs((x[m * inFeatures + k] ?? 0) * (columns[k * outFeatures + n] ?? 0));
    }
    const own = seen[at] ?? NaN;
    const error = Math.abs(own - value);
    sums.largest = Math.max(sums.largest, error);
    sums.total += error;
    sums.relative = Math.max(sums.relative, error / size);
    sums.dot += own * value;
    sums.seen += own * own;
    sums.known += value * value;
    if (!Object.is(own, value)) sums.different += 1;
  }
  const { largest, total, relative, dot, different } = sums;
  const cosine = Math.min(1, dot / Math.sqrt(sums.seen * sums.known));
  return { kernel: layer.kernel, agreement: { largest, mean: total / seen.length, relative, cosine, different } };
}
