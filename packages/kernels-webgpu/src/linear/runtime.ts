import {
  checkCodes,
  checkLinear,
  FewbitError,
  releasedLayer,
  rowsOf,
  stackLinears,
  type LinearRequest,
} from '@fewbit/core';
import { beginPass, type PassParts } from '../device/pass.ts';
import type { Precision } from '../precision.ts';
import { createTensors, PART_COLUMNS, strideOf, type WebgpuTensor } from '../tensor.ts';
import { readTensor, writeTensor } from '../transfer.ts';
import { packingOf, placeWeight } from './device-weight.ts';
import { formOf, type LinearKernel } from './form.ts';
import type { KernelTable } from './kernels.ts';
import type { Forward, WebgpuInference, WebgpuLayer, WebgpuPass, WebgpuStack } from './layer.ts';
import { openPass, type OpenPass, type Placed } from './open-pass.ts';
import { paramsOf, type PlacedLinear } from './run-linear.ts';

/** Where layers run: a device, its memory, and the kernels that were found right. */
export interface LinearRuntime extends PassParts {
  readonly precision: Precision;
  readonly kernels: KernelTable;
  /** @throws FewbitError when the device was lost or the backend closed. */
  readonly assertAlive: () => void;
  /** @throws FewbitError for a kernel that no variant of is right on this adapter. */
  readonly proveRight: (kernel: LinearKernel) => Promise<void>;
}

/** Products of codes, 2^14 at most each, add up in 31 bits. */
const LARGEST_EXACT_ROW = 2 ** 17 - 1;

export interface LinearOperations {
  readonly inference: WebgpuInference;
  readonly upload: (x: Float32Array, columns: number) => WebgpuTensor;
  readonly read: (tensor: WebgpuTensor) => Promise<Float32Array>;
  readonly begin: () => WebgpuPass;
}

export function linearOperations(runtime: LinearRuntime): LinearOperations {
  const { device, limits, memory } = runtime;
  const tensors = createTensors(memory);
  const passParts = { ...runtime, tensors };
  /** Null for what was released. */
  const loaded: WeakMap<WebgpuLayer | WebgpuStack, Placed | null> = new WeakMap();
  return { inference: { loadLinear, loadStack }, upload, read, begin };

  async function loadLinear(request: LinearRequest): Promise<WebgpuLayer> {
    const linear = await place(request);
    const { form, weight } = linear;
    const layer: WebgpuLayer = {
      inFeatures: request.weight.inFeatures,
      outFeatures: request.weight.outFeatures,
      packing: packingOf(form, weight),
      byteLength: weight.byteLength,
      kernel: form.kernel,
      forward: either(
        async (x) => {
          const [y = new Float32Array(0)] = await fromCpu(placedOf(layer), x);
          return y;
        },
        (x) => single(onDevice(placedOf(layer), x)),
      ),
      release() {
        loaded.set(layer, null);
        weight.destroy();
      },
    };
    loaded.set(layer, { linears: [linear], parts: null });
    return layer;
  }

  async function loadStack(requests: readonly [LinearRequest, ...LinearRequest[]]): Promise<WebgpuStack> {
    const stacked = stackLinears(requests, PART_COLUMNS);
    const [first, ...others] = stacked === null ? requests : [stacked.request];
    const linears: [PlacedLinear, ...PlacedLinear[]] = [await place(first)];
    const destroy = (): void => {
      for (const { weight } of linears) weight.destroy();
    };
    try {
      for (const request of others) linears.push(await place(request));
    } catch (error) {
      destroy();
      throw error;
    }
    const stack: WebgpuStack = {
      layers: linears.length,
      forward: either(
        async (x) => fromCpu(placedOf(stack), x),
        (x) => onDevice(placedOf(stack), x),
      ),
      release() {
        loaded.set(stack, null);
        destroy();
      },
    };
    loaded.set(stack, { linears, parts: stacked?.parts ?? null });
    return stack;
  }

  /** Takes a weight to the device, to a kernel that is right. */
  async function place(request: LinearRequest): Promise<PlacedLinear> {
    checkLinear(request);
    const { weight } = request;
    if (weight.kind === 'affine') checkCodes(weight.qdata, weight.bits);
    runtime.assertAlive();
    const form = formOf(request);
    await runtime.proveRight(form.kernel);
    runtime.assertAlive();
    if (form.kernel === 'codes exact' && weight.inFeatures > LARGEST_EXACT_ROW) {
      throw unsupported(`${weight.inFeatures} in features of int8`, `${LARGEST_EXACT_ROW} at most`);
    }
    if (form.groups === 0 && weight.inFeatures * weight.outFeatures >= 2 ** 32) {
      throw unsupported('a weight of 2^32 elements or more in blocks of any shape', 'fewer');
    }
    device.pushErrorScope('out-of-memory');
    const placedWeight = placeWeight(request, form, memory, limits);
    const problem = await device.popErrorScope();
    if (problem !== null) {
      placedWeight.destroy();
      throw new FewbitError('FEWBIT_BACKEND_UNAVAILABLE', {
        message: `the GPU has no memory for ${placedWeight.byteLength} bytes of a layer (${problem.message})`,
      });
    }
    return { form, weight: placedWeight, params: paramsOf(request, form, runtime.precision) };
  }

  function placedOf(layer: WebgpuLayer | WebgpuStack): Placed {
    runtime.assertAlive();
    const placed = loaded.get(layer);
    if (placed === null) throw releasedLayer();
    if (placed !== undefined) return placed;
    throw new FewbitError('FEWBIT_INFERENCE_INVALID', {
      message: 'a layer was given that is not of this backend',
      allowed: 'what loadLinear and loadStack of the same backend gave',
      hint: 'Load it into this backend, too, or begin the pass of its own.',
    });
  }

  function onDevice(placed: Placed, x: WebgpuTensor): readonly WebgpuTensor[] {
    const pass = openPass(passParts);
    const results = pass.run(placed, x);
    pass.submit();
    return results;
  }

  /** Results of each layer. */
  async function fromCpu(placed: Placed, x: Float32Array): Promise<readonly Float32Array[]> {
    const { linears, parts } = placed;
    const { inFeatures } = linears[0].params;
    if (rowsOf(x, inFeatures) === 0) return (parts ?? linears).map(() => new Float32Array(0));
    const input = upload(x, inFeatures);
    const pass = openPass(passParts);
    let outputs: readonly WebgpuTensor[];
    try {
      outputs = pass.run(placed, input);
    } finally {
      // The pass keeps it.
      input.release();
    }
    const results = outputs.map((output) => readTensor(runtime, output));
    pass.submit((encoder) => {
      for (const { copy } of results) copy(encoder);
    });
    // What comes later on the queue may take them.
    for (const output of outputs) output.release();
    return Promise.all(results.map(({ finish }) => finish())).catch(explained);
  }

  function upload(x: Float32Array, columns: number): WebgpuTensor {
    runtime.assertAlive();
    const rows = rowsOf(x, columns);
    if (rows * strideOf(columns) * 4 > limits.maxBufferSize) {
      throw unsupported(`${rows} rows of ${columns} activations`, `${limits.maxBufferSize} bytes at most`);
    }
    const tensor = tensors.create(rows, columns);
    writeTensor(runtime, tensor, x);
    return tensor;
  }

  async function read(tensor: WebgpuTensor): Promise<Float32Array> {
    runtime.assertAlive();
    tensors.check(tensor);
    if (tensor.rows === 0) return new Float32Array(0);
    const result = readTensor(runtime, tensor);
    beginPass(runtime).submit(result.copy);
    return result.finish().catch(explained);
  }

  function begin(): WebgpuPass {
    runtime.assertAlive();
    const pass: OpenPass = openPass(passParts);
    return {
      run: (layer, x) => single(pass.run(placedOf(layer), x)),
      runStack: (stack, x) => pass.run(placedOf(stack), x),
      submit() {
        runtime.assertAlive();
        pass.submit();
      },
    };
  }

  // A lost device says so only after the promises that it broke.
  async function explained(error: unknown): Promise<never> {
    await Promise.race([device.lost, device.queue.onSubmittedWorkDone().catch(() => undefined)]);
    runtime.assertAlive();
    throw error;
  }
}

function either<OnCpu, OnDevice>(
  cpu: (x: Float32Array) => Promise<OnCpu>,
  device: (x: WebgpuTensor) => OnDevice,
): Forward<OnCpu, OnDevice> {
  return forward;

  function forward(x: Float32Array): Promise<OnCpu>;
  function forward(x: WebgpuTensor): OnDevice;
  function forward(x: Float32Array | WebgpuTensor): Promise<OnCpu> | OnDevice {
    return ArrayBuffer.isView(x) ? cpu(x) : device(x);
  }
}

function single(results: readonly WebgpuTensor[]): WebgpuTensor {
  const [result] = results;
  if (result === undefined) throw new TypeError('a layer gives one result');
  return result;
}

function unsupported(message: string, allowed: string): FewbitError {
  return new FewbitError('FEWBIT_INFERENCE_INVALID', { message: `a linear layer was given ${message}`, allowed });
}
