import { FewbitError, type BackendFactory } from '@fewbit/core';
import type { GpuEntry } from '@fewbit/kernels-webgpu';

/** What is used of the npm package `webgpu`, WebGPU for Node. */
interface WebgpuPackage {
  readonly create: (options: string[]) => GpuEntry;
}

/**
 * WebGPU in Node. The implementation is a package of 130 MB, which only those install who want it; it and the kernels are loaded when the
 * backend is asked for.
 *
 * `create` throws FewbitError (`FEWBIT_BACKEND_UNAVAILABLE`) with the reason where there is no backend: a null would not have one.
 */
export function webgpuFrom(load: () => Promise<WebgpuPackage>): BackendFactory {
  // Kept for as long as the factory: once it is collected, whatever it made takes the process with it.
  let entry: GpuEntry | undefined;
  return {
    name: 'webgpu',
    create: async () => {
      const gpu = (entry ??= await load().then(({ create }) => create([]), notLoaded));
      const { probeWebgpu } = await import('@fewbit/kernels-webgpu');
      // Kernels of layers are proven when one first needs them; those that quantize always are.
      const { backend, reason } = await probeWebgpu({ gpu, kernels: [] });
      if (backend !== null) return backend;
      throw unavailable(
        reason,
        'The system needs a driver for its GPU (on Linux Vulkan, with libvulkan1; VK_ICD_FILENAMES names a software one).',
      );
    },
  };
}

export const nodeWebgpu: BackendFactory = webgpuFrom(() => import('webgpu'));

function notLoaded(cause: unknown): never {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ERR_MODULE_NOT_FOUND') {
    throw unavailable(
      'the npm package "webgpu", which is WebGPU for Node, is not installed',
      'Install it beside fewbit: npm install webgpu, with --global where fewbit is.',
      cause,
    );
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw unavailable(
    `the npm package "webgpu" does not load: ${reason}`,
    'It has builds for Linux, macOS and Windows.',
    cause,
  );
}

function unavailable(message: string, hint: string, cause?: unknown): FewbitError {
  return new FewbitError('FEWBIT_BACKEND_UNAVAILABLE', {
    ...{ message, where: '--backend webgpu', cause },
    hint: `${hint} The backends wasm and reference give the same bytes.`,
  });
}
