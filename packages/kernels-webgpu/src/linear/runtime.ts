import {
  checkCodes,
  checkLinear,
  FewbitError,
  releasedLayer,
  rowsOf,
  stackLinears,
  type InferenceOperations,
  type LinearLayer,
  type LinearRequest,
  type StackedLayers,
  type StackPart,
} from '@fewbit/core';
import { beginPass, type Pass, type PassParts } from '../device/pass.ts';
import type { Precision } from '../precision.ts';
import {
  columnsOf,
  createTensor,
  PART_COLUMNS,
  readTensor,
  strideOf,
  writeTensor,
  type WebgpuTensor,
} from '../tensor.ts';
import { packingOf, placeWeight } from './device-weight.ts';
import { formOf, type LinearKernel } from './form.ts';
import type { KernelTable } from './kernels.ts';
import { encodeLinear, paramsOf, type PlacedLinear } from './run-linear.ts';

/** Several layers in one command buffer: what each gives stays on the device. */
export interface WebgpuPass {
  /**
   * Adds a layer: from activations [M, K] on the device to results [M, N] there, which the caller releases.
   *
   * @throws FewbitError (`FEWBIT_INFERENCE_INVALID`) for a tensor of another width, and after the layer's `release`.
   */
  readonly run: (layer: WebgpuLayer, x: WebgpuTensor) => WebgpuTensor;
  /** Adds layers that take the same activations: the results of each, in order. The caller releases every one. */
  readonly runStack: (stack: WebgpuStack, x: WebgpuTensor) => readonly WebgpuTensor[];
  /** Hands all that was added to the device. */
  readonly submit: () => void;
}

/** A layer that also takes and gives tensors of the device, through a WebgpuPass. */
export interface WebgpuLayer extends LinearLayer {
  /** Which kernel runs it: one of the names in `report()`. */
  readonly kernel: LinearKernel;
  readonly forward: (x: Float32Array) => Promise<Float32Array>;
}

/**
 * Layers that take the same activations (query, key and value; gate and up) in one dispatch, two with quantized activations, with the
 * bits of each by itself. Those that are stored differently run one after the other.
 */
export type WebgpuStack = StackedLayers;

export interface WebgpuInference extends InferenceOperations {
  readonly loadLinear: (request: LinearRequest) => Promise<WebgpuLayer>;
  readonly loadStack: (requests: readonly [LinearRequest, ...LinearRequest[]]) => Promise<WebgpuStack>;
}

/** The layers of a stack; where they are one, the columns of its results that are each one's. */
interface PlacedStack {
  readonly layers: readonly WebgpuLayer[];
  readonly parts: readonly StackPart[] | null;
}

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
  const { device, limits, kernels, memory } = runtime;
  const placed: WeakMap<WebgpuLayer, PlacedLinear> = new WeakMap();
  const stacks: WeakMap<WebgpuStack, PlacedStack> = new WeakMap();
  return { inference: { loadLinear, loadStack }, upload, read, begin };

  async function loadLinear(request: LinearRequest): Promise<WebgpuLayer> {
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
    const layer: WebgpuLayer = {
      inFeatures: weight.inFeatures,
      outFeatures: weight.outFeatures,
      packing: packingOf(form, placedWeight),
      byteLength: placedWeight.byteLength,
      kernel: form.kernel,
      forward: (x) => forward(layer, x),
      release() {
        placed.delete(layer);
        placedWeight.destroy();
      },
    };
    placed.set(layer, {
      form,
      weight: placedWeight,
      params: paramsOf(request, form, runtime.precision),
      columns: weight.inFeatures,
    });
    return layer;
  }

  async function loadStack(requests: readonly [LinearRequest, ...LinearRequest[]]): Promise<WebgpuStack> {
    const stacked = stackLinears(requests, PART_COLUMNS);
    const [first, ...others] = stacked === null ? requests : [stacked.request];
    const layers: [WebgpuLayer, ...WebgpuLayer[]] = [await loadLinear(first)];
    try {
      for (const request of others) layers.push(await loadLinear(request));
    } catch (error) {
      for (const layer of layers) layer.release();
      throw error;
    }
    const stack: WebgpuStack = {
      layers: layers.length,
      forward(x) {
        if (rowsOf(x, first.weight.inFeatures) === 0) {
          assertPlaced(layers[0]);
          return Promise.resolve(requests.map(() => new Float32Array(0)));
        }
        return compute(x, layers[0], (pass, input) => encodeStack(pass, stack, input));
      },
      release() {
        for (const layer of layers) layer.release();
      },
    };
    stacks.set(stack, { layers, parts: stacked?.parts ?? null });
    return stack;
  }

  async function forward(layer: WebgpuLayer, x: Float32Array): Promise<Float32Array> {
    assertPlaced(layer);
    if (rowsOf(x, layer.inFeatures) === 0) return new Float32Array(0);
    const [y = new Float32Array(0)] = await compute(x, layer, (pass, input) => [encode(pass, layer, input)]);
    return y;
  }

  /** Results of what `encoded` adds to a pass, for activations of a layer. */
  async function compute(
    x: Float32Array,
    { inFeatures }: WebgpuLayer,
    encoded: (pass: Pass, input: WebgpuTensor) => readonly WebgpuTensor[],
  ): Promise<readonly Float32Array[]> {
    const input = upload(x, inFeatures);
    const pass = beginPass(runtime);
    const outputs = encoded(pass, input);
    const results = outputs.map((output) => readTensor(runtime, output));
    pass.submit((encoder) => {
      for (const { copy } of results) copy(encoder);
    });
    // What comes later on the queue may take them.
    input.release();
    for (const output of outputs) output.release();
    return Promise.all(results.map(({ finish }) => finish())).catch(explained);
  }

  function upload(x: Float32Array, columns: number): WebgpuTensor {
    runtime.assertAlive();
    const rows = rowsOf(x, columns);
    if (rows * strideOf(columns) * 4 > limits.maxBufferSize) {
      throw unsupported(`${rows} rows of ${columns} activations`, `${limits.maxBufferSize} bytes at most`);
    }
    const tensor = createTensor(runtime, rows, columns);
    writeTensor(runtime, tensor, x);
    return tensor;
  }

  async function read(tensor: WebgpuTensor): Promise<Float32Array> {
    runtime.assertAlive();
    if (tensor.rows === 0) return new Float32Array(0);
    const result = readTensor(runtime, tensor);
    beginPass(runtime).submit(result.copy);
    return result.finish().catch(explained);
  }

  function begin(): WebgpuPass {
    runtime.assertAlive();
    const pass = beginPass(runtime);
    return {
      run: (layer, x) => encode(pass, layer, x),
      runStack: (stack, x) => encodeStack(pass, stack, x),
      submit: () => {
        pass.submit();
      },
    };
  }

  function encode(pass: Pass, layer: WebgpuLayer, x: WebgpuTensor): WebgpuTensor {
    const linear = assertPlaced(layer);
    if (x.columns !== linear.columns) {
      throw unsupported(`activations of ${x.columns} columns`, `the layer's ${linear.columns} in features`);
    }
    const y = createTensor(runtime, x.rows, layer.outFeatures);
    if (x.rows > 0) encodeLinear(pass, kernels, limits, linear, x, y);
    return y;
  }

  function encodeStack(pass: Pass, stack: WebgpuStack, x: WebgpuTensor): readonly WebgpuTensor[] {
    const { layers, parts } = stacks.get(stack) ?? { layers: [], parts: null };
    const results = layers.map((layer) => encode(pass, layer, x));
    const [whole] = results;
    if (whole === undefined) throw releasedLayer();
    return parts === null ? results : columnsOf(whole, parts);
  }

  function assertPlaced(layer: WebgpuLayer): PlacedLinear {
    runtime.assertAlive();
    const linear = placed.get(layer);
    if (linear === undefined) throw releasedLayer();
    return linear;
  }

  // A lost device says so only after the promises that it broke.
  async function explained(error: unknown): Promise<never> {
    await Promise.race([device.lost, device.queue.onSubmittedWorkDone().catch(() => undefined)]);
    runtime.assertAlive();
    throw error;
  }
}

function unsupported(message: string, allowed: string): FewbitError {
  return new FewbitError('FEWBIT_INFERENCE_INVALID', { message: `a linear layer was given ${message}`, allowed });
}
