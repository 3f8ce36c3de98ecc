import { Worker } from 'node:worker_threads';
import type { ItemRunner } from '@fewbit/core';
import {
  fromWorkerError,
  type OpenedBackend,
  type WorkerAnswer,
  type WorkerJob,
  type WorkerMessage,
  type WorkerStart,
} from './messages.ts';

// From source the file is TypeScript and the packages are found as source too; built it is JavaScript, and this code lies
// in a file beside it.
const FROM_SOURCE = import.meta.url.endsWith('.ts');
const WORKER_FILE = FROM_SOURCE ? '../worker.ts' : './worker.js';
const WORKER_ARGS: readonly string[] = FROM_SOURCE ? ['--conditions=@fewbit/source'] : [];

// A worker's garbage is a few large arrays whose handles are small. Only when the young generation fills up are they looked
// at: at V8's own size each worker would hold a hundred megabytes of them.
const YOUNG_GENERATION_MB = 2;

interface Waiting {
  readonly resolve: (statistics: readonly (Uint8Array | null)[]) => void;
  readonly reject: (error: Error) => void;
}

/** A thread that gets ready by itself, and then runs the items of one plan. */
export interface StartedWorker {
  /** The backend that it opened. */
  readonly backend: Promise<OpenedBackend>;
  readonly begin: (job: WorkerJob) => ItemRunner;
  readonly stop: () => Promise<void>;
}

export function startWorker(start: WorkerStart): StartedWorker {
  const worker = new Worker(new URL(WORKER_FILE, import.meta.url), {
    workerData: start,
    execArgv: [...WORKER_ARGS],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  const waiting: Map<number, Waiting> = new Map();
  let gone: Error | null = null;
  let lastId = 0;

  const backend: Promise<OpenedBackend> = new Promise((resolve, reject) => {
    worker.once('message', (answer: WorkerAnswer) => {
      if ('backend' in answer) resolve(answer.backend);
      if ('failed' in answer) reject(fromWorkerError(answer.failed));
    });
    worker.once('error', reject);
    worker.once('exit', () => {
      reject(new Error('a worker stopped before it was ready'));
    });
  });
  // Whoever has another problem first never asks.
  backend.catch(() => undefined);

  const failAll = (error: Error): void => {
    gone = error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const send = (message: WorkerMessage): void => {
    worker.postMessage(message);
  };
  worker.on('message', (answer: WorkerAnswer) => {
    if (!('id' in answer)) return;
    const promise = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) promise?.reject(fromWorkerError(answer.error));
    else promise?.resolve(answer.statistics);
  });
  worker.on('error', failAll);
  worker.on('exit', (code) => {
    failAll(new Error(`a worker stopped with exit code ${code} before its work was done`));
  });

  const stop = async (): Promise<void> => {
    // A thread that is cut off while it opens a GPU takes the process with it. Batches are over by now: executePlan waits for them.
    await backend.catch(() => undefined);
    await worker.terminate();
  };
  return {
    backend,
    begin: (job) => {
      send({ job });
      return {
        run: (items) =>
          new Promise((resolve, reject) => {
            if (gone !== null) {
              reject(gone);
              return;
            }
            lastId += 1;
            waiting.set(lastId, { resolve, reject });
            send({ id: lastId, items });
          }),
        close: stop,
      };
    },
    stop,
  };
}
