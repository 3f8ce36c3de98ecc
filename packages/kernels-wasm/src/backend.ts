import { FewbitError, type Backend, type BackendFactory, type InferenceOperations } from '@fewbit/core';
import { inferenceOnOneThread, inferenceOver } from './inference/inference.ts';
import { createWorkspace } from './memory/workspace.ts';
import { chooseModule, type ModuleVariant } from './module/choose.ts';
import { blockMinMax, dequantizeAffine, quantizeAffine } from './quantizing/affine.ts';
import { measureHqqScaleOnly, quantizeHqqScaleOnly } from './quantizing/hqq.ts';
import { dequantizeInt4, quantizeInt4 } from './quantizing/int4.ts';
import { startThreads } from './threads/start-threads.ts';

export interface WasmBackendOptions {
  /**
   * Which modules to try, best first. Default: the one with relaxed SIMD, then the plain one. An engine that lacks one's
   * instructions or computes them wrongly goes on to the next.
   */
  readonly modules?: readonly ModuleVariant[];
  /**
   * Threads that layers run on, the calling one among them: 1 to 64. Default: 1. Quantizing stays on the calling thread. Where
   * shared memory or workers are missing there is one thread, and `threadsLacking` says why.
   */
  readonly threads?: number;
}

export interface WasmBackend extends Backend {
  readonly inference: InferenceOperations;
  /** Threads that layers run on. */
  readonly threads: number;
  /** Why there is one thread where more were asked for; else null. */
  readonly threadsLacking: string | null;
}

const MOST_THREADS = 64;

/**
 * A backend in WebAssembly SIMD, for this thread: bit for bit the reference backend, at the speed of memory.
 *
 * @returns Null where the engine has no WebAssembly SIMD, or computes it wrongly.
 * @throws FewbitError (`FEWBIT_INFERENCE_INVALID`) for a number of threads that is not 1 to 64.
 */
export async function createWasmBackend(options: WasmBackendOptions = {}): Promise<WasmBackend | null> {
  const asked = options.threads ?? 1;
  if (!Number.isSafeInteger(asked) || asked < 1 || asked > MOST_THREADS) {
    throw new FewbitError('FEWBIT_INFERENCE_INVALID', {
      message: `a backend was asked for ${asked} threads`,
      allowed: `1 to ${MOST_THREADS}`,
    });
  }
  const chosen = await chooseModule(options.modules ?? ['relaxed', 'plain']);
  if (chosen === null) return null;
  const workspace = createWorkspace(chosen.module);
  const running = await layersOn(asked, chosen.variant, chosen.module);
  return {
    name: `wasm-${chosen.variant}${running.threads === 1 ? '' : `-${running.threads}-threads`}`,
    threads: running.threads,
    threadsLacking: running.threadsLacking,
    quantizing: {
      exactness: 'bit-exact',
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
    inference: running.inference,
    close: () => {
      workspace.close();
      running.close();
    },
  };
}

interface RunningLayers extends Pick<WasmBackend, 'inference' | 'threads' | 'threadsLacking'> {
  readonly close: () => void;
}

async function layersOn(threads: number, variant: ModuleVariant, module: WebAssembly.Module): Promise<RunningLayers> {
  const started = threads === 1 ? null : await startThreads(variant, threads);
  if (started === null || typeof started === 'string') {
    const inference = inferenceOnOneThread(module);
    return { threads: 1, threadsLacking: started, inference, close: () => undefined };
  }
  const inference = inferenceOver(started.memory, started.runner);
  return { threads, threadsLacking: null, inference, close: started.close };
}

/** The WebAssembly backend for a registry. */
export const wasmBackend: BackendFactory = { name: 'wasm', create: () => createWasmBackend() };
