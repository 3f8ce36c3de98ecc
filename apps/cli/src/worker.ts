// Runs on a thread of its own: takes batches of work items, reads, quantizes and writes them.
import { parentPort, workerData } from 'node:worker_threads';
import { openPart, openSource } from '@fewbit/adapters-safetensors/node';
import { createItemRunner, openBackend, parseRecipe, type ItemRunner } from '@fewbit/core';
import { loadRegistry } from './registry.ts';
import { toWorkerError, type WorkerAnswer, type WorkerRequest, type WorkerSetup } from './worker-messages.ts';

const setup = workerData as WorkerSetup;
const runner = start(setup);
// A failure to start is the answer to the first request, not an unhandled rejection.
runner.catch(() => undefined);

parentPort?.on('message', ({ id, items }: WorkerRequest) => {
  void runner
    .then((ready) => ready.run(items))
    .then(
      (statistics): WorkerAnswer => ({ id, statistics }),
      (error: unknown): WorkerAnswer => ({ id, error: toWorkerError(error) }),
    )
    .then((answer) => parentPort?.postMessage(answer));
});

async function start({ inputs, directory, files, recipe, backend, plugins }: WorkerSetup): Promise<ItemRunner> {
  const registry = await loadRegistry(plugins);
  return createItemRunner({
    // The main thread has read it already, patterns included; here only the configs are wanted.
    recipe: parseRecipe(recipe, registry, { brokenPatterns: 'keep' }).recipe,
    sources: await Promise.all(inputs.map((input) => openSource(input, { direct: true }))),
    files,
    sink: openPart(directory),
    backend: await openBackend(registry, backend),
  });
}
