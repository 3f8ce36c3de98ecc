import type { BackendFactory } from '@fewbit/core';
import { createWebgpuBackend, type GpuEntry } from '@fewbit/kernels-webgpu';

let entry: GpuEntry | undefined;

/** WebGPU as Node has it, from a package. A page takes `webgpuBackend` as it is. */
export const nodeWebgpu: BackendFactory = {
  name: 'webgpu',
  create: async () => {
    const { create } = await import('webgpu');
    // Kept for good: once it is collected, whatever it made takes the process with it.
    entry ??= create([]);
    // A kernel is proven when a layer first needs it: a model needs few of them.
    return createWebgpuBackend({ gpu: entry, kernels: [] });
  },
};
