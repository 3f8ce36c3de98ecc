import type { LinearRequest } from '@fewbit/core';
import {
  probeWebgpu,
  type Precision,
  type WebgpuBackend,
  type WebgpuLayer,
  type WebgpuTensor,
} from '@fewbit/kernels-webgpu';
import { createProblem, requestOf, type Shape } from '../linear/problem.ts';

export interface WebgpuJob {
  /** In and out features of each layer. */
  readonly features: number;
  /** Bytes of weights that a round goes through, so that no cache of the device holds them. */
  readonly bytes: number;
}

export interface WebgpuOutcome {
  readonly adapter: string;
  /** Bytes read and written per second by a copy within the device. */
  readonly copyBytesPerSecond: number;
  readonly rows: readonly WebgpuRow[];
}

export interface WebgpuRow {
  readonly layer: string;
  readonly kernel: string;
  readonly precision: Precision;
  /** Rows of activations. */
  readonly rows: number;
  readonly secondsPerLayer: number;
  /** Of packed weights. */
  readonly bytesPerSecond: number;
  /** A multiplication and an addition are two. */
  readonly operationsPerSecond: number;
}

const LAYERS: readonly { readonly layer: string; readonly kind: Shape['kind']; readonly plain: boolean }[] = [
  { layer: 'int4, groups of 32; activations int8', kind: 'int4', plain: false },
  { layer: 'int4, groups of 32', kind: 'int4', plain: true },
  { layer: 'int8, per row; activations int8', kind: 'int8', plain: false },
  { layer: 'int8, per row', kind: 'int8', plain: true },
];
const ROWS: readonly number[] = [1, 64];
/** Each is timed as often, from the command's submission to the end of its work; the fastest counts. */
const ROUNDS = 5;

/** COPY_SRC and COPY_DST of GPUBufferUsage, which TypeScript's `dom` library lacks as a value. */
const COPY_BOTH_WAYS = 0x4 | 0x8;

/** Measures the adapter of this page. @throws Error where there is none, or its kernels are wrong. */
export async function measure({ features, bytes }: WebgpuJob): Promise<WebgpuOutcome> {
  const full = await open('f32');
  const copyBytesPerSecond = await measureCopy(full.device, bytes);
  const rows = await measureKinds(full, LAYERS, features, bytes);
  const { adapter } = full.report();
  full.close();
  const half = await open('f16');
  // Where the adapter has no f16 that would be f32 again; integers are the same in both.
  const halves = half.report().precision === 'f16' ? LAYERS.filter(({ plain }) => plain) : [];
  rows.push(...(await measureKinds(half, halves, features, bytes)));
  half.close();
  return { adapter, copyBytesPerSecond, rows };
}

async function open(precision: Precision): Promise<WebgpuBackend> {
  const { backend, reason } = await probeWebgpu({ kernels: [], precision });
  if (backend === null) throw new Error(reason);
  return backend;
}

async function measureKinds(
  backend: WebgpuBackend,
  kinds: typeof LAYERS,
  features: number,
  bytes: number,
): Promise<WebgpuRow[]> {
  const { precision } = backend.report();
  const rows: WebgpuRow[] = [];
  for (const { layer, kind, plain } of kinds) {
    const request = requestOf(createProblem({ kind, rows: 1, outFeatures: features, inFeatures: features }, 1));
    const layers = await loadCopies(backend, plain ? { ...request, activations: null } : request, bytes);
    for (const count of ROWS) {
      const seconds = await measureLayers(backend, layers, count, features);
      const [first] = layers;
      rows.push({
        ...{ layer, kernel: first.kernel, precision, rows: count, secondsPerLayer: seconds },
        bytesPerSecond: first.byteLength / seconds,
        operationsPerSecond: (2 * count * features * features) / seconds,
      });
    }
    for (const one of layers) one.release();
  }
  return rows;
}

type Layers = readonly [WebgpuLayer, ...WebgpuLayer[]];

async function loadCopies({ inference }: WebgpuBackend, request: LinearRequest, bytes: number): Promise<Layers> {
  const layers: [WebgpuLayer, ...WebgpuLayer[]] = [await inference.loadLinear(request)];
  while (layers.length * layers[0].byteLength < bytes) layers.push(await inference.loadLinear(request));
  return layers;
}

/** Seconds for one layer: all of them in one command buffer, activations and results on the device. */
async function measureLayers(backend: WebgpuBackend, layers: Layers, rows: number, features: number): Promise<number> {
  const x = backend.upload(
    new Float32Array(rows * features).map((_, i) => Math.sin(i)),
    features,
  );
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const pass = backend.begin();
    const results: WebgpuTensor[] = layers.map((layer) => pass.run(layer, x));
    const started = performance.now();
    pass.submit();
    await backend.device.queue.onSubmittedWorkDone();
    best = Math.min(best, performance.now() - started);
    for (const result of results) result.release();
  }
  x.release();
  return best / 1000 / layers.length;
}

async function measureCopy(device: GPUDevice, bytes: number): Promise<number> {
  const size = Math.min(Math.ceil(bytes / 4) * 4, device.limits.maxBufferSize);
  const [from, to] = [
    device.createBuffer({ size, usage: COPY_BOTH_WAYS }),
    device.createBuffer({ size, usage: COPY_BOTH_WAYS }),
  ];
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(from, 0, to, 0, size);
    const started = performance.now();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    best = Math.min(best, performance.now() - started);
  }
  from.destroy();
  to.destroy();
  return (2 * size) / (best / 1000);
}
