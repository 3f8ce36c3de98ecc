// Runs on a thread whose heap is bounded: reads a text from outside and says how it went.
import { parentPort, workerData } from 'node:worker_threads';
import { memorySource, readHeader } from '@fewbit/adapters-safetensors';
import { FewbitError, parseRecipe } from '@fewbit/core';
import { loadRegistry } from '../src/registry.ts';

const { kind, bytes } = workerData as { readonly kind: 'recipe' | 'header'; readonly bytes: Uint8Array };

try {
  if (kind === 'header') await readHeader(memorySource(bytes), { where: 'header' });
  else parseRecipe(new TextDecoder().decode(bytes), await loadRegistry([]));
  parentPort?.postMessage('read');
} catch (error) {
  parentPort?.postMessage(FewbitError.isInstance(error) ? error.code : String(error));
}
