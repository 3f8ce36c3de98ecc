import { backendConformance, linearConformance, type ConformanceCase } from '@fewbit/core/testing';
import { createWasmBackend, type ModuleVariant, type WasmBackendOptions } from '@fewbit/kernels-wasm';

export interface ConformanceJob {
  readonly suite: 'backend' | 'linear';
  readonly variant: ModuleVariant;
  readonly threads: number;
}

export interface ConformanceOutcome {
  /** What the backend calls itself; null where there is none. */
  readonly backend: string | null;
  readonly isolated: boolean;
  readonly cases: readonly { readonly name: string; readonly error: string | null }[];
}

/** Runs a suite in a worker of this page, which may block where a page may not. */
export async function conformanceInWorker(job: ConformanceJob): Promise<unknown> {
  const worker = new Worker('/main.js', { type: 'module' });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => {
        resolve(data);
      };
      worker.onerror = ({ message }) => {
        reject(new Error(message));
      };
      worker.postMessage(job);
    });
  } finally {
    worker.terminate();
  }
}

// The same bundle is the worker's script.
if (typeof document === 'undefined') {
  globalThis.onmessage = ({ data }: MessageEvent<ConformanceJob>) => {
    void conformance(data).then((outcome) => {
      globalThis.postMessage(outcome);
    });
  };
}

/** Runs a suite against the WebAssembly backend, here. */
export async function conformance({ suite, variant, threads }: ConformanceJob): Promise<ConformanceOutcome> {
  const options: WasmBackendOptions = { modules: [variant], threads };
  const factory = { name: `wasm ${variant}`, create: () => createWasmBackend(options) };
  const cases = suite === 'backend' ? backendConformance(factory) : linearConformance(factory);
  const outcomes = [];
  for (const one of cases) outcomes.push({ name: one.name, error: await errorOf(one) });
  const backend = await factory.create();
  backend?.close();
  return { backend: backend?.name ?? null, isolated: crossOriginIsolated, cases: outcomes };
}

async function errorOf({ run }: ConformanceCase): Promise<string | null> {
  try {
    await run();
    return null;
  } catch (error) {
    return String(error);
  }
}
