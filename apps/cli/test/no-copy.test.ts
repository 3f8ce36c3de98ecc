import { createMemorySink, safetensorsAdapter as adapter } from '@fewbit/adapters-safetensors';
import { openCheckpoint } from '@fewbit/adapters-safetensors/node';
import { builtinConfigs } from '@fewbit/configs';
import {
  createItemRunner,
  createRegistry,
  executePlan,
  parseRecipe,
  planModel,
  ReadError,
  type Source,
} from '@fewbit/core';
import { createWasmBackend } from '@fewbit/kernels-wasm';
import { expect, test } from 'vitest';
import { tinyLlama } from './helpers.ts';

/** Only the memory of a module cannot be handed to another thread. An array that can is of no use afterwards. */
function isModuleMemory(buffer: ArrayBufferLike): boolean {
  if (!(buffer instanceof ArrayBuffer)) return false;
  try {
    structuredClone(null, { transfer: [buffer] });
    return false;
  } catch {
    return true;
  }
}

test('weights are read from disk straight into the memory of the module, and codes written from it, so that nothing is copied in between', async () => {
  expect(isModuleMemory(new ArrayBuffer(8))).toBe(false);
  const backend = await createWasmBackend();
  if (backend === null) throw new Error('no WebAssembly SIMD here');
  const model = await openCheckpoint(tinyLlama);
  const text = JSON.stringify({ 're:.*(q|k|v)_proj': { type: 'Int8WeightOnlyConfig' } });
  const { recipe } = parseRecipe(text, createRegistry({ configs: builtinConfigs }));
  const { plan } = planModel(model, { recipe, adapter });
  const sink = createMemorySink();
  const read: ArrayBufferLike[] = [];
  const written: ArrayBufferLike[] = [];
  const sources = model.shards.map(({ source }): Source => ({
    byteLength: source.byteLength,
    read: () => Promise.reject(new ReadError({ message: 'weights are read into an array of their own' })),
    readInto: async (target, start) => {
      if (source.readInto === undefined) throw new ReadError({ message: 'a file cannot be read into memory' });
      read.push(target.buffer);
      await source.readInto(target, start);
    },
  }));
  const runner = createItemRunner({
    ...{ recipe, sources, files: plan.files.map(({ name }) => name), backend },
    sink: {
      write: async (file, position, bytes) => {
        // Scales of a row are few, and gathered before they are written.
        if (bytes.length >= 1024) written.push(bytes.buffer);
        await sink.write(file, position, bytes);
      },
    },
  });
  await executePlan(plan, { recipe, runners: [runner], sink });
  expect(read.length).toBeGreaterThan(0);
  expect(written.length).toBeGreaterThan(0);
  expect([...read, ...written].every(isModuleMemory)).toBe(true);
  await model.close();
  backend.close();
});
