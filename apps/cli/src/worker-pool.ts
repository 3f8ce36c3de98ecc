import { Worker } from 'node:worker_threads';
import type { ItemRunner } from '@fewbit/core';
import { fromWorkerError, type WorkerAnswer, type WorkerRequest, type WorkerSetup } from './worker-messages.ts';

// From source the file is TypeScript and the packages are found as source too; built it is JavaScript. Both lie beside
// this one.
const FROM_SOURCE = import.meta.url.endsWith('.ts');
const WORKER_FILE = FROM_SOURCE ? './worker.ts' : './worker.js';
const WORKER_ARGS: readonly string[] = FROM_SOURCE ? ['--conditions=@fewbit/source'] : [];

// A worker's garbage is a few large arrays whose handles are small. Only when the young generation fills up are they looked
// at: at V8's own size each worker would hold a hundred megabytes of them.
const YOUNG_GENERATION_MB = 2;

interface Waiting {
  readonly resolve: (statistics: readonly (Uint8Array | null)[]) => void;
  readonly reject: (error: Error) => void;
}

/** A runner on a thread of its own. */
export function createWorkerRunner(setup: WorkerSetup): ItemRunner {
  const worker = new Worker(new URL(WORKER_FILE, import.meta.url), {
    workerData: setup,
    execArgv: [...WORKER_ARGS],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  const waiting: Map<number, Waiting> = new Map();
  let gone: Error | null = null;
  let lastId = 0;

  const failAll = (error: Error): void => {
    gone = error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on('message', (answer: WorkerAnswer) => {
    const promise = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) promise?.reject(fromWorkerError(answer.error));
    else promise?.resolve(answer.statistics);
  });
  worker.on('error', failAll);
  worker.on('exit', (code) => {
    failAll(new Error(`a worker stopped with exit code ${code} before its work was done`));
  });

  return {
    run: (items) =>
      new Promise((resolve, reject) => {
        if (gone !== null) {
          reject(gone);
          return;
        }
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        worker.postMessage({ id: lastId, items } satisfies WorkerRequest);
      }),
    close: async () => {
      await worker.terminate();
    },
  };
}
