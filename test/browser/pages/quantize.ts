import { createMemorySink, safetensorsAdapter as adapter } from '@fewbit/adapters-safetensors';
import { openCheckpointBlobs } from '@fewbit/adapters-safetensors/web';
import { builtinConfigs } from '@fewbit/configs';
import {
  createItemRunner,
  createRegistry,
  executePlan,
  openBackend,
  parseRecipe,
  planModel,
  referenceBackend,
} from '@fewbit/core';
import { wasmBackend } from '@fewbit/kernels-wasm';

export interface QuantizeJob {
  /** Names of the checkpoint's files, which lie under /model/. */
  readonly files: readonly string[];
  readonly recipe: string;
}

export interface QuantizeOutcome {
  readonly backend: string;
  /** SHA-256 of each file that was written, in hexadecimal. */
  readonly hashes: Readonly<Record<string, string>>;
}

/** Quantizes a checkpoint of Blobs into memory, as a page with dropped files would. */
export async function quantize(job: QuantizeJob): Promise<QuantizeOutcome> {
  const blobs: Map<string, Blob> = new Map();
  for (const name of job.files) blobs.set(name, await (await fetch(`/model/${name}`)).blob());
  const model = await openCheckpointBlobs(blobs);
  const registry = createRegistry({ configs: builtinConfigs, backends: [wasmBackend, referenceBackend] });
  const { recipe } = parseRecipe(job.recipe, registry);
  const { plan } = planModel(model, { recipe, adapter });
  const backend = await openBackend(registry, 'auto');
  const sink = createMemorySink();
  const [sources, files] = [model.shards.map(({ source }) => source), plan.files.map(({ name }) => name)];
  const runner = createItemRunner({ recipe, sources, files, sink, backend });
  await executePlan(plan, { recipe, runners: [runner], sink });
  const hashes: Record<string, string> = {};
  for (const [name, bytes] of sink.files() ?? []) hashes[name] = await sha256(bytes);
  backend.close();
  return { backend: backend.name, hashes };
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
