import type { LinearLayer, LinearRequest } from '@fewbit/core';
import { LINEAR_TRIALS, randomActivations, seededRandom, type LinearShape } from '@fewbit/core/testing';
import { createWasmBackend } from '@fewbit/kernels-wasm';
import { probeWebgpu, type Precision, type ShaderFeatures, type WebgpuBackend } from '@fewbit/kernels-webgpu';
import {
  added,
  agreementOf,
  differencesOf,
  knownAnswers,
  NONE,
  type Agreement,
  type Differences,
  type Known,
} from './agreement.ts';

/** Of each kind of layer of the conformance suite. */
export const SHAPE: LinearShape = [96, 512];
/** Rows of activations of each stage. */
export const ROWS: Readonly<Record<string, number>> = { 'decode 1': 1, 'decode 4': 3, prefill: 33 };

/** A kernel at a stage, in one variant. */
export interface VariantParity {
  readonly kernel: string;
  readonly stage: string;
  readonly variant: string;
  readonly precision: 'f32' | 'f16';
  /** Kinds of layers that run on it. */
  readonly layers: number;
  readonly reference: Agreement;
  readonly wasm: Agreement;
}

export interface AdapterParity {
  readonly adapter: string;
  /** Variants that the self-test found wrong. */
  readonly rejected: readonly string[];
  readonly variants: readonly VariantParity[];
}

/**
 * What a backend is to do without, so that every variant has its turn. In f16 integers differ in nothing but how scales are read: they
 * need no more turns.
 */
const RUNGS: Readonly<Record<Precision, readonly (readonly (keyof ShaderFeatures)[])[]>> = {
  f32: [[], ['subgroups'], ['packedDot'], ['packedDot', 'subgroups']],
  f16: [[], ['subgroups']],
};

interface Work extends Known {
  readonly stage: string;
  readonly wasm: Float32Array;
}

/** A variant with what its agreements are made of. */
interface Sum extends Omit<VariantParity, 'reference' | 'wasm'> {
  readonly reference: Differences;
  readonly wasm: Differences;
}

/** Every kind of layer at every stage on every variant of the adapter that `gpu` gives. */
export async function measureVariants(gpu: GPU): Promise<AdapterParity> {
  const works = await allWork();
  const sums: Map<string, Sum> = new Map();
  const rejected: Set<string> = new Set();
  const half = (await gpu.requestAdapter())?.features.has('shader-f16') ?? false;
  let adapter = '';
  // Which kernel a layer takes is the same at each turn: the first one tells.
  let kernels: ReadonlyMap<Work, string> = new Map();
  const integers = (work: Work): boolean => kernels.get(work)?.startsWith('codes') ?? true;
  for (const precision of half ? (['f32', 'f16'] as const) : (['f32'] as const)) {
    for (const without of RUNGS[precision]) {
      // Kernels are compiled, and proven, as layers need them.
      const { backend, reason } = await probeWebgpu({ gpu, without, precision, kernels: [] });
      if (backend === null) throw new Error(reason);
      const turn = works.filter((work) => {
        // Floats have no packed dot products to do without.
        if (without.includes('packedDot')) return integers(work);
        return precision === 'f32' || without.length === 0 || !integers(work);
      });
      const ran = await measureRung(backend, turn, sums);
      if (kernels.size === 0) kernels = ran;
      const report = backend.report();
      adapter = report.adapter;
      for (const { kernel, variant } of report.rejected) rejected.add(`${kernel} (${variant})`);
      backend.close();
    }
  }
  const variants = [...sums.values()].map((sum) => ({
    ...sum,
    reference: agreementOf(sum.reference),
    wasm: agreementOf(sum.wasm),
  }));
  return { adapter, rejected: [...rejected], variants };
}

/** Runs what no rung before ran. @returns The kernels that layers have. */
async function measureRung(
  backend: WebgpuBackend,
  works: readonly Work[],
  sums: Map<string, Sum>,
): Promise<ReadonlyMap<Work, string>> {
  const before = new Set(sums.keys());
  const kernels: Map<Work, string> = new Map();
  for (const work of works) {
    const { request, x, stage, answers, sizes, wasm } = work;
    const layer = await backend.inference.loadLinear(request);
    const { kernel } = layer;
    const { precision, variants } = backend.report();
    const slot = `${stage}, ${kernel}`;
    const variant = variants.find((one) => one.kernel === slot && one.verdict === 'right')?.variant ?? 'none';
    const key = `${slot}, ${variant}`;
    if (!before.has(key)) {
      const seen = await layer.forward(x);
      const sum = sums.get(key) ?? { kernel, stage, variant, precision, layers: 0, reference: NONE, wasm: NONE };
      sums.set(key, {
        ...{ ...sum, layers: sum.layers + 1 },
        reference: added(sum.reference, differencesOf(seen, answers, sizes)),
        wasm: added(sum.wasm, differencesOf(seen, wasm, sizes)),
      });
    }
    layer.release();
    kernels.set(work, kernel);
  }
  return kernels;
}

async function allWork(): Promise<readonly Work[]> {
  const backend = await createWasmBackend();
  if (backend === null) throw new Error('this engine runs no module of kernels-wasm');
  const works: Work[] = [];
  const trials = LINEAR_TRIALS.map((trial, index) => trial.request(seededRandom(index), SHAPE, 'F32'));
  for (const request of [...trials, floatLayer()]) {
    const layer: LinearLayer = await backend.inference.loadLinear(request);
    for (const [stage, rows] of Object.entries(ROWS)) {
      const x = randomActivations(seededRandom(rows), rows * SHAPE[1], 'F32');
      const wasm = (await layer.forward(x)).slice();
      works.push({ ...(await knownAnswers(request, x)), stage, wasm });
    }
    layer.release();
  }
  backend.close();
  return works;
}

/** The suite's float weight draws its dtype; F32 has a kernel of its own. */
function floatLayer(): LinearRequest {
  const [outFeatures, inFeatures] = SHAPE;
  const values = randomActivations(seededRandom(LINEAR_TRIALS.length), outFeatures * inFeatures, 'F32');
  const weight = {
    kind: 'float',
    outFeatures,
    inFeatures,
    dtype: 'F32',
    values: new Uint8Array(values.buffer),
  } as const;
  return { weight, bias: null, activations: null, dtype: 'F32' };
}
