import type { InferenceOperations, LinearRequest } from '../contracts/inference.ts';
import type { FloatDtype } from '../dtype.ts';
import { FewbitError } from '../errors.ts';
import { hasExactResults } from '../inference/check-linear.ts';
import { roundingTo } from '../reference/float.ts';
import { dequantizedActivations, referenceInference } from '../reference/linear.ts';
import type { BackendFactory } from '../registry.ts';
import { check, checkRejects, type ConformanceCase } from './conformance-case.ts';
import { LINEAR_ROWS, LINEAR_SHAPES, LINEAR_TRIALS, randomActivations, type LinearTrial } from './linear-requests.ts';
import { seededRandom } from './random-weights.ts';

const DTYPES: readonly FloatDtype[] = ['F32', 'BF16', 'F16'];
/** Of the sum of absolute products: what an order of additions in f32 may cost. */
const BOUND = 1e-5;

/**
 * The suite that every backend with inference passes: each kind of layer against the reference, in bits where the contract
 * says so and within its bound elsewhere, for shapes around the widths of vectors, and what happens at the edges.
 *
 * @param bound Of the sum of absolute products, for a backend that computes in less than f32. Default: 1e-5.
 */
export function linearConformance(factory: BackendFactory, bound: number = BOUND): readonly ConformanceCase[] {
  const agreement = LINEAR_TRIALS.flatMap((trial, index) =>
    DTYPES.map((dtype) => ({
      name: `${trial.name}, in ${dtype}, give ${trial.exact ? "the reference's bits" : 'what the reference gives'}`,
      run: () => withInference(factory, (inference) => agrees(inference, trial, dtype, bound, index)),
    })),
  );
  return [
    ...agreement,
    {
      name: 'a layer stays right while others are loaded, run and released',
      run: () => withInference(factory, keepsLayers),
    },
    {
      name: 'a request that does not fit its shape is refused, as are codes outside their bits',
      run: () => withInference(factory, refusesRequests),
    },
    {
      name: 'activations of a wrong length and a released layer are refused',
      run: () => withInference(factory, refusesRuns),
    },
  ];
}

async function withInference(
  factory: BackendFactory,
  run: (inference: InferenceOperations) => Promise<void>,
): Promise<void> {
  const backend = await factory.create();
  if (backend?.inference == null) {
    throw new FewbitError('FEWBIT_BACKEND_UNAVAILABLE', {
      message: `this environment lacks what the backend ${factory.name} needs to run layers`,
    });
  }
  try {
    await run(backend.inference);
  } finally {
    backend.close();
  }
}

async function agrees(
  inference: InferenceOperations,
  trial: LinearTrial,
  dtype: FloatDtype,
  bound: number,
  seed: number,
): Promise<void> {
  const random = seededRandom(seed);
  for (const shape of LINEAR_SHAPES) {
    const request = trial.request(random, shape, dtype);
    const { inFeatures, outFeatures } = request.weight;
    const layer = await inference.loadLinear(request);
    // Small shapes make whole rows of groups, too.
    const exact = hasExactResults(request);
    const reference = await referenceInference.loadLinear(exact ? request : unrounded(request));
    const magnitudes = exact ? null : await referenceInference.loadLinear(absolute(request));
    check(layer.inFeatures === inFeatures && layer.outFeatures === outFeatures, () => 'a layer has another shape');
    for (const rows of LINEAR_ROWS) {
      const x = randomActivations(random, rows * inFeatures, dtype);
      const before = x.slice();
      const seen = (await layer.forward(x)).slice();
      const expected = await reference.forward(exact ? x : quantizedOnce(x, rows, request));
      const sizes = magnitudes === null ? null : await magnitudes.forward(x.map(Math.abs));
      const where = `[${rows}, ${inFeatures}] by [${outFeatures}, ${inFeatures}] (${layer.packing})`;
      check(seen.length === rows * outFeatures, () => `${where}: ${seen.length} results`);
      for (const [at, value] of expected.entries()) {
        const result = seen[at] ?? NaN;
        const [low, high] = sizes === null ? [value, value] : allowedAround(value, (sizes[at] ?? 0) * bound, dtype);
        check(
          Object.is(result, value) || (low <= result && result <= high),
          () => `${where}: ${result} instead of ${value} at ${at}, allowed ${low} to ${high}`,
        );
      }
      check(
        x.every((value, at) => value === before[at]),
        () => `${where}: the activations were changed`,
      );
    }
    layer.release();
    layer.release();
  }
}

/** What a sum may be rounded to that is within `allowed` of a value, which is itself rounded to f32. */
function allowedAround(value: number, allowed: number, dtype: FloatDtype): readonly [low: number, high: number] {
  const round = roundingTo(dtype);
  const reach = allowed + Math.abs(value) * 2 ** -24;
  return [round(value - reach), round(value + reach)];
}

/** The layer that gives sums before they are rounded to the dtype, for activations that were quantized before. */
function unrounded(request: LinearRequest): LinearRequest {
  return { ...request, activations: null, dtype: 'F32' };
}

function quantizedOnce(x: Float32Array, rows: number, { activations, dtype }: LinearRequest): Float32Array {
  if (activations === null || rows === 0) return x;
  return Float32Array.from(dequantizedActivations(x, rows, dtype, activations));
}

/** The layer whose results are sums of absolute products: an upper bound of them where activations are quantized. */
function absolute(request: LinearRequest): LinearRequest {
  const { weight, bias } = request;
  const values = { kind: 'float', dtype: 'F32', values: new Uint8Array(0) } as const;
  const { inFeatures, outFeatures } = weight;
  const columns = Float32Array.from({ length: inFeatures * outFeatures }, () => 0);
  const unit = new Float32Array(inFeatures);
  const plain = referenceInference.loadLinear({ ...request, bias: null, activations: null, dtype: 'F32' });
  if (plain instanceof Promise) throw new TypeError('the reference answers at once');
  for (let k = 0; k < inFeatures; k += 1) {
    unit.fill(0);
    unit[k] = 1;
    const column = plain.forward(unit);
    if (column instanceof Promise) throw new TypeError('the reference answers at once');
    for (let n = 0; n < outFeatures; n += 1) columns[n * inFeatures + k] = Math.abs(column[n] ?? 0);
  }
  return {
    weight: { ...values, inFeatures, outFeatures, values: new Uint8Array(columns.buffer) },
    bias: bias?.map(Math.abs) ?? null,
    activations: null,
    dtype: 'F32',
  };
}

async function keepsLayers(inference: InferenceOperations): Promise<void> {
  const random = seededRandom(9);
  const kept = [];
  for (const trial of LINEAR_TRIALS) {
    const request = trial.request(random, [24, 64], 'F32');
    const x = randomActivations(random, 3 * request.weight.inFeatures, 'F32');
    const layer = await inference.loadLinear(request);
    kept.push({ trial, layer, x, first: (await layer.forward(x)).slice() });
    const other = await inference.loadLinear(trial.request(random, [40, 128], 'F32'));
    await other.forward(randomActivations(random, 5 * other.inFeatures, 'F32'));
    other.release();
  }
  for (const { trial, layer, x, first } of kept) {
    const again = await layer.forward(x);
    check(
      again.every((value, at) => value === first[at]),
      () => `${trial.name}: another result the second time`,
    );
    layer.release();
  }
}

async function refusesRequests(inference: InferenceOperations): Promise<void> {
  const random = seededRandom(3);
  for (const { name, request } of LINEAR_TRIALS) {
    const good = request(random, [8, 32], 'F32');
    await refused({ ...good, bias: new Float32Array(9) }, `${name}: a bias that is too long`);
    await refused({ ...good, weight: { ...good.weight, outFeatures: 7 } }, `${name}: a row too few`);
    await refused({ ...good, weight: { ...good.weight, inFeatures: 0 } }, `${name}: no in features`);
    if (good.weight.kind !== 'affine' || good.weight.bits === 8) continue;
    const qdata = good.weight.qdata.slice();
    qdata[qdata.length - 1] = 2 ** (good.weight.bits - 1);
    await refused({ ...good, weight: { ...good.weight, qdata } }, `${name}: a code outside its bits`);
  }

  async function refused(request: LinearRequest, what: string): Promise<void> {
    await checkRejects('FEWBIT_INFERENCE_INVALID', async () => inference.loadLinear(request), what);
  }
}

async function refusesRuns(inference: InferenceOperations): Promise<void> {
  const random = seededRandom(4);
  for (const { name, request } of LINEAR_TRIALS) {
    const layer = await inference.loadLinear(request(random, [8, 32], 'F32'));
    const { inFeatures } = layer;
    await checkRejects('FEWBIT_INFERENCE_INVALID', async () => layer.forward(new Float32Array(inFeatures + 1)), name);
    layer.release();
    await checkRejects('FEWBIT_INFERENCE_INVALID', async () => layer.forward(new Float32Array(inFeatures)), name);
  }
}
