import { createLayerMemory, MOST_PAGES, type LayerMemory } from '../inference/layer-memory.ts';
import type { Runner } from '../inference/runner.ts';
import type { ModuleVariant } from '../module/choose.ts';
import { instantiate } from '../module/kernels.ts';
import { compileShared } from '../module/shared.ts';
import { CONTROL, CONTROL_WORDS } from './control.ts';
import { startThread, type Thread } from './start-worker.ts';
import { createThreadedRunner } from './threaded-runner.ts';
import { howToWait } from './waiting.ts';

export interface Threads {
  readonly memory: LayerMemory;
  readonly runner: Runner;
  /** Ends them. */
  readonly close: () => void;
}

/** Threads over one memory and one compiled module, or why there are none. */
export async function startThreads(
  variant: ModuleVariant,
  count: number,
  worthSplitting?: number,
): Promise<Threads | string> {
  if (typeof SharedArrayBuffer === 'undefined') {
    return 'there is no SharedArrayBuffer (a page has it where it is cross-origin isolated)';
  }
  const wait = howToWait();
  if (wait === null) return 'this thread may neither block nor be called back (Atomics.waitAsync)';
  const started: Thread[] = [];
  try {
    // One module for all of them: each that is compiled anew begins in an engine's slow compiler.
    const module = await compileShared(variant);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true });
    const control = new SharedArrayBuffer(4 * CONTROL_WORDS);
    for (let thread = 1; thread < count; thread += 1) {
      const starting = startThread({ module, memory, control, thread, threads: count });
      if (starting === null) return 'there are no workers';
      started.push(await starting);
    }
    const layers = createLayerMemory(instantiate(module, memory), memory, count);
    const state = new Int32Array(control);
    return {
      memory: layers,
      runner: createThreadedRunner(layers, state, wait, worthSplitting),
      close: () => {
        close(state, started);
      },
    };
  } catch (error) {
    for (const thread of started) thread.terminate();
    return `workers do not start: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function close(state: Int32Array, threads: readonly Thread[]): void {
  Atomics.store(state, CONTROL.stop, 1);
  Atomics.add(state, CONTROL.generation, 1);
  Atomics.notify(state, CONTROL.generation);
  for (const thread of threads) thread.terminate();
}
