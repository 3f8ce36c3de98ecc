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

/** Runs a suite against the WebAssembly backend in this page. */
export async function conformance({ suite, variant, threads }: ConformanceJob): Promise<ConformanceOutcome> {
  const options: WasmBackendOptions & { readonly threads: number } = { modules: [variant], threads };
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
