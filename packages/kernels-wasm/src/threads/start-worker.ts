import { READY, workerSource, type ThreadStart } from './worker-source.ts';

/** A thread that waits for steps. */
export interface Thread {
  readonly terminate: () => void;
}

/**
 * Starts a worker thread: of Node where there is `node:worker_threads`, else of the web.
 *
 * @returns Null where neither exists; rejects where one does not start.
 */
export function startThread(start: ThreadStart): Promise<Thread> | null {
  const node = nodeWorkers();
  if (node !== null) return startInNode(node, start);
  return typeof Worker === 'function' && typeof Blob === 'function' ? startInBrowser(start) : null;
}

interface NodeWorker {
  readonly postMessage: (message: unknown) => void;
  readonly once: (event: string, listener: (value: unknown) => void) => void;
  readonly unref: () => void;
  readonly terminate: () => unknown;
}

interface NodeWorkers {
  readonly Worker: new (
    source: string,
    options: { readonly eval: true; readonly execArgv: readonly string[] },
  ) => NodeWorker;
}

/** Without an import, which bundlers for browsers would stumble over. */
function nodeWorkers(): NodeWorkers | null {
  const host: unknown = Reflect.get(globalThis, 'process');
  if (typeof host !== 'object' || host === null || !('getBuiltinModule' in host)) return null;
  const { getBuiltinModule } = host;
  if (typeof getBuiltinModule !== 'function') return null;
  const found: unknown = Reflect.apply(getBuiltinModule, host, ['node:worker_threads']);
  return isNodeWorkers(found) ? found : null;
}

function isNodeWorkers(value: unknown): value is NodeWorkers {
  return typeof value === 'object' && value !== null && 'Worker' in value && typeof value.Worker === 'function';
}

function startInNode({ Worker: NodeThread }: NodeWorkers, start: ThreadStart): Promise<Thread> {
  // Without the flags of the main thread: loaders and inspectors have nothing to do here.
  const worker = new NodeThread(workerSource('node'), { eval: true, execArgv: [] });
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => {
      reject(new Error('a worker thread ended before it began'));
    });
    worker.once('message', () => {
      // From now on a program ends without waiting for it.
      worker.unref();
      resolve({ terminate: () => void worker.terminate() });
    });
    worker.postMessage(start);
  });
}

function startInBrowser(start: ThreadStart): Promise<Thread> {
  const url = URL.createObjectURL(new Blob([workerSource('web')], { type: 'text/javascript' }));
  return new Promise<Thread>((resolve, reject) => {
    const worker = new Worker(url);
    worker.onerror = ({ message }) => {
      reject(new Error(message));
    };
    worker.onmessage = ({ data }) => {
      if (data === READY) resolve({ terminate: worker.terminate.bind(worker) });
    };
    worker.postMessage(start);
  }).finally(() => {
    URL.revokeObjectURL(url);
  });
}
