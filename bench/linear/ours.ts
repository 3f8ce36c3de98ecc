import type { LinearLayer } from '@fewbit/core';
import { createWasmBackend, type WasmBackendOptions } from '@fewbit/kernels-wasm';
import type { Contender } from './interleave.ts';
import { requestOf, type Problem } from './problem.ts';
import type { Variant } from './rows.ts';

export interface Ours extends Contender {
  /** What the backend calls itself and how it keeps the weight. */
  readonly packing: string;
  /** Of all copies. */
  readonly weightBytes: number;
  /** [M, N] of the layer. */
  readonly results: () => Promise<Float32Array>;
  readonly release: () => void;
}

/** @throws Error where the engine has no such module. */
export async function ours(
  variant: Variant,
  threads: number,
  { problem, copies }: { readonly problem: Problem; readonly copies: number },
): Promise<Ours> {
  const options: WasmBackendOptions = { modules: [variant], threads };
  const backend = await createWasmBackend(options);
  if (backend === null) throw new Error(`this engine runs no ${variant} module`);
  if (backend.threads !== threads) throw new Error(`${backend.name} does not run on ${threads} threads here`);
  const request = requestOf(problem);
  const first = await backend.inference.loadLinear(request);
  const layers: LinearLayer[] = [first];
  while (layers.length < copies) layers.push(await backend.inference.loadLinear(request));
  return {
    name: oursName(variant, threads),
    packing: `${backend.name}: ${first.packing}`,
    weightBytes: layers.reduce((bytes, { byteLength }) => bytes + byteLength, 0),
    call: (turn) => (layers[turn % layers.length] ?? first).forward(problem.activations),
    results: async () => (await first.forward(problem.activations)).slice(),
    release: backend.close,
  };
}

export function oursName(variant: Variant, threads: number): string {
  return `fewbit ${variant}, ${threads === 1 ? '1 thread' : `${threads} threads`}`;
}
