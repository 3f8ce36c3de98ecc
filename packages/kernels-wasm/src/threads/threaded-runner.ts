import type { MaybePromise } from '@fewbit/core';
import type { LayerMemory } from '../inference/layer-memory.ts';
import type { PlacedStep } from '../inference/placed-run.ts';
import { createRunner, type Runner } from '../inference/runner.ts';
import { STEP_KERNELS, type Step } from '../module/steps.ts';
import { CONTROL } from './control.ts';
import { takeParts } from './take-parts.ts';
import type { Wait } from './waiting.ts';

/** Steps that read less are over before another thread has woken up. */
const WORTH_SPLITTING = 2 * 2 ** 20;
/**
 * Bytes of weights in a part: some 10 µs of work. Threads do not run equally fast, and at the end all wait for the one that is
 * at work; taking a part costs a fraction of 1 µs.
 */
const PART_BYTES = 2 ** 17;
/** Bounds of the number of parts for each thread. */
const LEAST_PARTS = 8;
const MOST_PARTS = 64;

/**
 * From so many parts on, the caller takes the last one itself. Others then are at work on one before, if at all, and are mostly
 * done first: being woken takes longer than a part, so the caller had better not wait.
 */
const PARTS_TO_LEAVE_ONE = 8;

function partsOf({ units, weightBytes }: Step, threads: number): number {
  const wanted = Math.ceil(weightBytes / PART_BYTES);
  return Math.min(units, Math.max(threads * LEAST_PARTS, Math.min(threads * MOST_PARTS, wanted)));
}

/** On the thread that calls and others, which share the parts of each step that reads `worthSplitting` bytes or more. */
export function createThreadedRunner(
  memory: LayerMemory,
  state: Int32Array,
  wait: Wait,
  worthSplitting: number = WORTH_SPLITTING,
): Runner {
  const alone = createRunner();
  const kernels = STEP_KERNELS.map((name) => memory.kernels[name]);
  let number = 0;

  const isShared = ({ weightBytes, units }: Step): boolean => weightBytes >= worthSplitting && units > 1;

  function wake(): void {
    Atomics.add(state, CONTROL.generation, 1);
    Atomics.notify(state, CONTROL.generation);
  }

  function share(step: PlacedStep, backwards: boolean): MaybePromise<void> {
    const parts = partsOf(step, memory.threads);
    number = (number + 1) & 0x7fff;
    // Until the words are whole, no part is to be had: the step before has none left, and its number no longer counts.
    Atomics.store(state, CONTROL.parts, 0);
    Atomics.store(state, CONTROL.shared, 0);
    Atomics.store(state, CONTROL.ticket, number << 16);
    Atomics.store(state, CONTROL.kernel, STEP_KERNELS.indexOf(step.kernel));
    Atomics.store(state, CONTROL.units, step.units);
    Atomics.store(state, CONTROL.own, step.own);
    Atomics.store(state, CONTROL.ownBytes, step.ownBytes);
    Atomics.store(state, CONTROL.args, step.args);
    Atomics.store(state, CONTROL.done, 0);
    Atomics.store(state, CONTROL.backwards, backwards ? 1 : 0);
    Atomics.store(state, CONTROL.parts, parts);
    Atomics.store(state, CONTROL.shared, parts < PARTS_TO_LEAVE_ONE ? parts : parts - 1);
    wake();
    takeParts(state, kernels, 0);
    const waited = wait(state, CONTROL.done, parts);
    if (waited instanceof Promise) return waited.then(checkFailed);
    checkFailed();
  }

  function checkFailed(): void {
    if (Atomics.load(state, CONTROL.failed) !== 0) throw new Error('a kernel failed on a worker thread');
  }

  function runFrom(steps: readonly PlacedStep[], backwards: boolean, first: number): MaybePromise<void> {
    for (const [at, step] of steps.entries()) {
      if (at < first) continue;
      const done = isShared(step) ? share(step, backwards) : alone.run([step], backwards);
      if (done instanceof Promise) return done.then(() => runFrom(steps, backwards, at + 1));
    }
  }

  return {
    expect: (steps) => {
      if (steps.some(isShared)) wake();
    },
    run: (steps, backwards) => runFrom(steps, backwards, 0),
  };
}
