import { builtinConfigs } from '@fewbit/configs';
import { createRegistry, referenceBackend, type Registry } from '@fewbit/core';
import { wasmBackend } from '@fewbit/kernels-wasm';
import { nodeWebgpu } from './webgpu.ts';

/** Backends in the order in which `auto` tries them. */
export const registry: Registry = createRegistry({
  configs: builtinConfigs,
  backends: [wasmBackend, nodeWebgpu, referenceBackend],
});
