import { FewbitError, type Backend, type BackendFactory } from '@fewbit/core';
import { limitsOf, type WebgpuLimits } from './device/limits.ts';
import { createMemory } from './device/memory.ts';
import { environmentGpu, openDevice, type GpuEntry } from './device/open-device.ts';
import { createPipelines } from './device/pipelines.ts';
import type { LinearKernel } from './linear/form.ts';
import { LINEAR_KERNELS, slotOf, STAGES } from './linear/kernels.ts';
import type { WebgpuInference, WebgpuPass } from './linear/layer.ts';
import { linearOperations } from './linear/runtime.ts';
import { BOUNDS, checkedPrecision, type Precision } from './precision.ts';
import { proveQuantizing } from './quantizing/self-test.ts';
import type { WebgpuReport } from './report.ts';
import { createSelfTest } from './self-test/self-test.ts';
import type { WebgpuTensor } from './tensor.ts';
import type { ShaderFeatures } from './wgsl/features.ts';

export interface WebgpuBackendOptions {
  /** The entry point of an implementation, such as what `create()` of the npm package `webgpu` gives. Default: navigator.gpu. */
  readonly gpu?: GpuEntry;
  /** A device of the caller's, which stays the caller's. Default: one of its own, destroyed by `close`. */
  readonly device?: GPUDevice;
  /** Keeps below these as well as below the device's own. */
  readonly limits?: Partial<WebgpuLimits>;
  /**
   * Kernels to prove before the backend is there. Default: all, so that nothing is compiled later. Others are proven when a layer
   * first needs them: none ever runs unproven.
   */
  readonly kernels?: readonly LinearKernel[];
  /**
   * `f16`: where the adapter has `shader-f16`, f16 is read as the adapter reads it, and prefill is in tiles of f16 (sums stay in f32)
   * unless subgroups are narrow, so that results lie within 2e-3 of the sum of absolute products, for activations below 65504; int8
   * layers under int8 activations keep the reference's bits. Elsewhere `report().precision` is `f32`, and so are the results.
   * Default: `f32`, within 1e-5.
   */
  readonly precision?: Precision;
  /** Features to do without, though the adapter has them. */
  readonly without?: readonly (keyof ShaderFeatures)[];
}

/** A Backend whose layers run on a GPU and whose activations may stay there. */
export interface WebgpuBackend extends Backend {
  readonly inference: WebgpuInference;
  readonly device: GPUDevice;
  /** Which kernels run here, which were found wrong, what is held. */
  readonly report: () => WebgpuReport;
  /** Activations [M, columns] as a tensor of the device, which the caller releases. */
  readonly upload: (x: Float32Array, columns: number) => WebgpuTensor;
  /** The values of a tensor, [rows, columns] without padding. */
  readonly read: (tensor: WebgpuTensor) => Promise<Float32Array>;
  /** Begins a command buffer of several layers. */
  readonly begin: () => WebgpuPass;
}

/** A backend, or why there is none. */
export type WebgpuProbe =
  | { readonly backend: WebgpuBackend; readonly reason: null; readonly report: WebgpuReport }
  | { readonly backend: null; readonly reason: string; readonly report: WebgpuReport | null };

/**
 * Makes a WebGPU backend and proves it on the adapter: every kernel that it may choose has given known answers before it runs.
 * Quantizing has the reference's bits, on the GPU where kernels were found to give them.
 *
 * A lost device makes every call throw FewbitError (`FEWBIT_BACKEND_UNAVAILABLE`); make a new backend and load the layers again.
 *
 * @returns Null where there is no WebGPU, no adapter, or no kernel that is right: `probeWebgpu` says which.
 */
export async function createWebgpuBackend(options: WebgpuBackendOptions = {}): Promise<WebgpuBackend | null> {
  return (await probeWebgpu(options)).backend;
}

/** The WebGPU backend for a registry. */
export const webgpuBackend: BackendFactory = { name: 'webgpu', create: () => createWebgpuBackend() };

/**
 * As `createWebgpuBackend`, with the reason where there is no backend.
 *
 * @throws FewbitError (`FEWBIT_INFERENCE_INVALID`) for a precision that is neither f32 nor f16.
 */
export async function probeWebgpu(options: WebgpuBackendOptions = {}): Promise<WebgpuProbe> {
  const asked = checkedPrecision(options.precision ?? 'f32');
  const opened = await openDevice(options.gpu ?? environmentGpu(), options.device ?? null, asked);
  if (typeof opened === 'string') return { backend: null, reason: opened, report: null };
  const { device, adapter, owned } = opened;
  const without = options.without ?? [];
  const has = (name: keyof ShaderFeatures): boolean => opened.features[name] && !without.includes(name);
  const subgroups = has('subgroups');
  const features = {
    ...{ packedDot: has('packedDot'), subgroups, f16: has('f16') },
    ...{ quads: subgroups && has('quads'), octets: subgroups && has('octets') },
  };
  const precision = features.f16 ? 'f16' : 'f32';

  let gone: string | null = null;
  void device.lost.then(({ reason, message }) => {
    gone ??= `the GPU device was lost (${reason === 'destroyed' ? 'destroyed' : message})`;
  });
  const memory = createMemory(device);
  const pipelines = createPipelines(device);
  const parts = { device, memory, pipelines, limits: limitsOf(device, options.limits ?? {}) };
  const quantizing = await proveQuantizing(parts);
  const { kernels, variants: linearVariants, prove } = await createSelfTest({ ...parts, precision }, features);
  const wanted = options.kernels ?? LINEAR_KERNELS;
  await Promise.all(wanted.map(prove));
  const report = (): WebgpuReport => {
    const variants = [...linearVariants, ...quantizing.variants];
    return {
      ...{
        adapter,
        precision,
        bound: BOUNDS[precision],
        variants,
        rejected: variants.filter(({ verdict }) => verdict !== 'right'),
      },
      ...{ pipelines: pipelines.count(), memory: memory.use(), quantizing: quantizing.places, lost: gone },
    };
  };

  if (wanted.length > 0 && kernels.linear.size === 0) {
    const seen = report();
    close();
    const first = seen.rejected[0];
    const reason = `no kernel is right on the adapter "${adapter}": ${first?.kernel ?? 'none'} ${first?.verdict ?? ''}, ${first?.detail ?? ''}`;
    return { backend: null, reason, report: seen };
  }
  const { inference, upload, read, begin } = linearOperations({
    ...parts,
    precision,
    kernels,
    assertAlive,
    proveRight,
  });
  const backend = {
    name: 'webgpu',
    quantizing: quantizing.operations,
    inference,
    device,
    report,
    upload,
    read,
    begin,
    close,
  };
  return { backend, reason: null, report: report() };

  function close(): void {
    gone ??= 'the backend was closed';
    memory.destroyAll();
    if (owned) device.destroy();
  }

  function assertAlive(): void {
    if (gone === null) return;
    throw new FewbitError('FEWBIT_BACKEND_UNAVAILABLE', {
      message: gone,
      hint: 'Make the backend and its layers again.',
    });
  }

  async function proveRight(kernel: LinearKernel): Promise<void> {
    await prove(kernel);
    const missing = STAGES.map((stage) => slotOf(stage, kernel)).filter((slot) => !kernels.linear.has(slot));
    if (missing.length === 0) return;
    throw new FewbitError('FEWBIT_BACKEND_UNAVAILABLE', {
      message: `no variant of these kernels is right on the adapter "${adapter}": ${missing.join('; ')}`,
      hint: 'Run the layer on another backend; report() says what was seen.',
    });
  }
}
