import type { Backend, BackendFactory } from '@fewbit/core';
import { inferenceOnOneThread } from './inference/inference.ts';
import { createWorkspace } from './memory/workspace.ts';
import { chooseModule, type ModuleVariant } from './module/choose.ts';
import { blockMinMax, dequantizeAffine, quantizeAffine } from './quantizing/affine.ts';
import { measureHqqScaleOnly, quantizeHqqScaleOnly } from './quantizing/hqq.ts';
import { dequantizeInt4, quantizeInt4 } from './quantizing/int4.ts';

export interface WasmBackendOptions {
  /**
   * Which modules to try, best first. Default: the one with relaxed SIMD, then the plain one. An engine that lacks one's
   * instructions or computes them wrongly goes on to the next.
   */
  readonly modules?: readonly ModuleVariant[];
}

/**
 * A backend in WebAssembly SIMD, for this thread: bit for bit the reference backend, at the speed of memory.
 *
 * @returns Null where the engine has no WebAssembly SIMD, or computes it wrongly.
 */
export async function createWasmBackend(options: WasmBackendOptions = {}): Promise<Backend | null> {
  const chosen = await chooseModule(options.modules ?? ['relaxed', 'plain']);
  if (chosen === null) return null;
  const workspace = createWorkspace(chosen.module);
  return {
    name: `wasm-${chosen.variant}`,
    quantizing: {
      allocate: workspace.allocate,
      release: workspace.release,
      blockMinMax: (request) => blockMinMax(workspace, request),
      quantizeAffine: (request) => quantizeAffine(workspace, request),
      dequantizeAffine: (request) => dequantizeAffine(workspace, request),
      quantizeInt4: (request) => quantizeInt4(workspace, request),
      dequantizeInt4: (request) => dequantizeInt4(workspace, request),
      measureHqqScaleOnly: (request) => measureHqqScaleOnly(workspace, request),
      quantizeHqqScaleOnly: (request) => quantizeHqqScaleOnly(workspace, request),
    },
    inference: inferenceOnOneThread(chosen.module),
    close: workspace.close,
  };
}

/** The WebAssembly backend for a registry. */
export const wasmBackend: BackendFactory = { name: 'wasm', create: () => createWasmBackend() };
