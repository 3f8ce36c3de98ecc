// Runs linear layers and whole Llamas as examples/tiny-llama does, for check_inference.py: one request, JSON, on standard
// input; the answer, JSON, on standard output. Arrays go through files of little-endian f32.
import { Buffer } from 'node:buffer';
import { readFileSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { listLogicalTensors } from '../packages/adapters-safetensors/src/index.ts';
import { openCheckpoint } from '../packages/adapters-safetensors/src/node.ts';
import { openInferenceBackend, readLinear } from '../packages/core/src/index.ts';
import { createCache } from '../examples/tiny-llama/run/cache.ts';
import { forward } from '../examples/tiny-llama/run/forward.ts';
import { loadLlama } from '../examples/tiny-llama/run/model.ts';
import { perplexityOf } from '../examples/tiny-llama/run/perplexity.ts';
import { RECIPES } from '../examples/tiny-llama/run/recipes.ts';
import { registry } from '../examples/tiny-llama/run/registry.ts';

const { tensorClasses } = registry;

/** `layers`: names of modules and how many elements of the file `x` each takes; all results go to the file `out`. */
async function linear({ checkpoint, dtype, layers, x, out }, backend) {
  const tensors = new Map(listLogicalTensors(checkpoint).tensors.map((tensor) => [tensor.name, tensor]));
  const sources = checkpoint.shards.map(({ source }) => source);
  const bytes = readFileSync(x);
  const inputs = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const results = [];
  let at = 0;
  for (const [name, count] of layers) {
    const [weight, bias = null] = [tensors.get(`${name}.weight`), tensors.get(`${name}.bias`)];
    const request = { weight, bias, sources, tensorClasses, backend: backend.quantizing, dtype };
    const layer = await backend.inference.loadLinear(await readLinear(request));
    results.push(Float32Array.from(await layer.forward(inputs.slice(at, at + count))));
    layer.release();
    at += count;
  }
  writeFileSync(out, Buffer.concat(results.map((y) => new Uint8Array(y.buffer))));
  return {};
}

async function logits({ checkpoint, dtype, ids, out }, backend) {
  const model = await loadLlama(checkpoint, { backend, tensorClasses, dtype });
  writeFileSync(out, await forward(model, ids, createCache(model.config)));
  return {};
}

async function perplexity({ checkpoint, dtype, text: file, bytes }, backend) {
  const model = await loadLlama(checkpoint, { backend, tensorClasses, dtype });
  return perplexityOf(model, readFileSync(file).subarray(0, bytes));
}

const { operation, folder, backend: name, ...request } = JSON.parse(await text(process.stdin));
const backend = await openInferenceBackend(registry, name);
const checkpoint = await openCheckpoint(folder);
const run = { linear, logits, perplexity, recipes: () => ({ recipes: RECIPES }) }[operation];
const answer = await run({ ...request, checkpoint }, backend);
await checkpoint.close();
process.stdout.write(JSON.stringify({ ...answer, backend: backend.name }));
backend.close();
