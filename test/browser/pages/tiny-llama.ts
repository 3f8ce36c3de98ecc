import { openCheckpointBlobs } from '@fewbit/adapters-safetensors/web';
import { builtinConfigs } from '@fewbit/configs';
import { createRegistry, openInferenceBackend } from '@fewbit/core';
import { loadLlama } from '@fewbit/example-tiny-llama/model.ts';
import { perplexityOf } from '@fewbit/example-tiny-llama/perplexity.ts';
import { wasmBackend } from '@fewbit/kernels-wasm';
import { createWebgpuBackend } from '@fewbit/kernels-webgpu';

export interface TinyLlamaJob {
  /** Names of the checkpoint's files, which lie under /model/. */
  readonly files: readonly string[];
  readonly backend: 'wasm' | 'webgpu';
  readonly text: string;
}

/** The perplexity of a text of ASCII by the model of a page's files. */
export async function perplexity({ files, backend: name, text }: TinyLlamaJob): Promise<number> {
  const blobs: Map<string, Blob> = new Map();
  for (const file of files) blobs.set(file, await (await fetch(`/model/${file}`)).blob());
  const registry = createRegistry({
    configs: builtinConfigs,
    backends: [wasmBackend, { name: 'webgpu', create: () => createWebgpuBackend({ kernels: [] }) }],
  });
  const backend = await openInferenceBackend(registry, name);
  const checkpoint = await openCheckpointBlobs(blobs);
  const model = await loadLlama(checkpoint, { backend, tensorClasses: registry.tensorClasses, dtype: 'F32' });
  const found = await perplexityOf(model, new TextEncoder().encode(text));
  backend.close();
  return found.perplexity;
}
