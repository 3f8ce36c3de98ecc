import { fileURLToPath } from 'node:url';
import { openCheckpoint } from '@fewbit/adapters-safetensors/node';
import { openInferenceBackend } from '@fewbit/core';
import { loadLlama, releaseLlama, type Llama } from '../model.ts';
import { registry } from '../registry.ts';

export const MODEL: string = fileURLToPath(new URL('../../model', import.meta.url));

/** Loads a model on a backend for as long as `run` takes. */
export async function withModel<T>(folder: string, backendName: string, run: (model: Llama) => Promise<T>): Promise<T> {
  const backend = await openInferenceBackend(registry, backendName);
  const checkpoint = await openCheckpoint(folder);
  const model = await loadLlama(checkpoint, { backend, tensorClasses: registry.tensorClasses, dtype: 'F32' });
  await checkpoint.close();
  const result = await run(model);
  releaseLlama(model);
  backend.close();
  return result;
}
