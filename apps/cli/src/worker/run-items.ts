// On a thread of its own: takes batches of work items, reads, quantizes and writes them.
import { parentPort, workerData } from 'node:worker_threads';
import { openPart, openSource } from '@fewbit/adapters-safetensors/node';
import {
  createItemRunner,
  exactnessOf,
  openQuantizingBackend,
  parseRecipe,
  type Backend,
  type ItemRunner,
  type Registry,
} from '@fewbit/core';
import { loadRegistry } from '../registry.ts';
import { toWorkerError, type WorkerAnswer, type WorkerJob, type WorkerMessage, type WorkerStart } from './messages.ts';

interface Started {
  readonly registry: Registry;
  readonly backend: Backend;
}

const { backend: wanted, allowInexact, plugins } = workerData as WorkerStart;
const started = start();
started.then(
  ({ backend }) => {
    answer({ backend: { name: backend.name, exactness: exactnessOf(backend) } });
  },
  (error: unknown) => {
    answer({ failed: toWorkerError(error) });
  },
);

let runner: Promise<ItemRunner> | null = null;
/** The batch that is running, or the last one: batches wait for each other, since a runner has one buffer. */
let last: Promise<unknown> = Promise.resolve();

parentPort?.on('message', (message: WorkerMessage) => {
  if ('job' in message) {
    runner = begin(message.job);
    // A failure to begin is the answer to the first request, not an unhandled rejection.
    runner.catch(() => undefined);
    return;
  }
  const { id, items } = message;
  last = last
    .then(() => runner)
    .then((ready) => ready?.run(items) ?? [])
    .then(
      (statistics) => {
        answer({ id, statistics });
      },
      (error: unknown) => {
        answer({ id, error: toWorkerError(error) });
      },
    );
});

function answer(message: WorkerAnswer): void {
  parentPort?.postMessage(message);
}

async function start(): Promise<Started> {
  const registry = await loadRegistry(plugins);
  return { registry, backend: await openQuantizingBackend(registry, wanted, { allowInexact }) };
}

async function begin({ inputs, directory, writers, files, recipe }: WorkerJob): Promise<ItemRunner> {
  const { registry, backend } = await started;
  return createItemRunner({
    // The main thread has read it already, patterns included; here only the configs are wanted.
    recipe: parseRecipe(recipe, registry, { brokenPatterns: 'keep' }).recipe,
    sources: await Promise.all(inputs.map((input) => openSource(input, { direct: true }))),
    files,
    sink: openPart(directory, { writers }),
    backend,
    allowInexact,
  });
}
