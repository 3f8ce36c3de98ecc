import type { InferenceOperations, LinearLayer, LinearRequest, StackedLayers } from '@fewbit/core';
import type { WebgpuTensor } from '../tensor.ts';
import type { LinearKernel } from './form.ts';

/** Runs on activations of the CPU, or on those of the device. */
export interface Forward<OnCpu, OnDevice> {
  (x: Float32Array): Promise<OnCpu>;
  (x: WebgpuTensor): OnDevice;
}

/** A layer that takes activations of the CPU, or of the device. */
export interface WebgpuLayer extends LinearLayer {
  /** Which kernel runs it: one of the names in `report()`. */
  readonly kernel: LinearKernel;
  /**
   * From activations [M, K] to [M, N]: from the CPU to the CPU, or from the device to the device. Of the latter nothing is waited for:
   * the work is handed to the device, `x` may be released at once, and the results go to the next layer or to `read`. The
   * caller releases them. (A WebgpuPass does the same for several layers in one command buffer.)
   *
   * @throws FewbitError (`FEWBIT_INFERENCE_INVALID`) for activations of another width, for a tensor that was released or is of another
   * backend, and after the layer's `release`; (`FEWBIT_BACKEND_UNAVAILABLE`) when the device was lost or the backend closed.
   */
  readonly forward: Forward<Float32Array, WebgpuTensor>;
}

/**
 * Layers that take the same activations (query, key and value; gate and up) in one dispatch, two with quantized activations, with the
 * bits of each by itself. Those that are stored differently run one after the other.
 */
export interface WebgpuStack extends StackedLayers {
  /** As `forward` of a layer, with the results of each, in order. The caller releases every tensor. */
  readonly forward: Forward<readonly Float32Array[], readonly WebgpuTensor[]>;
}

export interface WebgpuInference extends InferenceOperations {
  readonly loadLinear: (request: LinearRequest) => Promise<WebgpuLayer>;
  readonly loadStack: (requests: readonly [LinearRequest, ...LinearRequest[]]) => Promise<WebgpuStack>;
}

/** Several layers in one command buffer: what each gives stays on the device. */
export interface WebgpuPass {
  /**
   * Adds a layer: from activations [M, K] on the device to results [M, N] there, which the caller releases.
   *
   * @throws FewbitError (`FEWBIT_INFERENCE_INVALID`) for a tensor of another width, one that was released or is of another backend,
   * after the layer's `release`, and after `submit`.
   */
  readonly run: (layer: WebgpuLayer, x: WebgpuTensor) => WebgpuTensor;
  /** Adds layers that take the same activations: the results of each, in order. The caller releases every one. */
  readonly runStack: (stack: WebgpuStack, x: WebgpuTensor) => readonly WebgpuTensor[];
  /**
   * Hands all that was added to the device. Until then every buffer that the pass uses is kept.
   *
   * @throws FewbitError (`FEWBIT_INFERENCE_INVALID`) the second time.
   */
  readonly submit: () => void;
}
