import type { MaybePromise } from '@fewbit/core';
import { createRunner, writeWords, type Runner } from '../inference/runner.ts';
import type { LayerMemory } from '../inference/layer-memory.ts';
import { MOST_WORDS, STEP_KERNELS, type Step } from '../module/steps.ts';
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
  const alone = createRunner(memory);
  const args = memory.allocate(4 * MOST_WORDS);
  const kernels = STEP_KERNELS.map((name) => memory.kernels[name]);
  let number = 0;

  function share(step: Step): MaybePromise<void> {
    const parts = partsOf(step, memory.threads);
    number = (number + 1) & 0x7fff;
    // Until the words are whole, no part is to be had: the step before has none left, and its number no longer counts.
    Atomics.store(state, CONTROL.parts, 0);
    Atomics.store(state, CONTROL.shared, 0);
    Atomics.store(state, CONTROL.ticket, number << 16);
    writeWords(memory, args, step);
    Atomics.store(state, CONTROL.kernel, STEP_KERNELS.indexOf(step.kernel));
    Atomics.store(state, CONTROL.units, step.units);
    Atomics.store(state, CONTROL.own, step.own);
    Atomics.store(state, CONTROL.ownBytes, step.ownBytes);
    Atomics.store(state, CONTROL.args, args);
    Atomics.store(state, CONTROL.done, 0);
    Atomics.store(state, CONTROL.parts, parts);
    Atomics.store(state, CONTROL.shared, parts < PARTS_TO_LEAVE_ONE ? parts : parts - 1);
    Atomics.add(state, CONTROL.generation, 1);
    Atomics.notify(state, CONTROL.generation);
    takeParts(state, kernels, 0);
    const waited = wait(state, CONTROL.done, parts);
    if (waited instanceof Promise) return waited.then(checkFailed);
    checkFailed();
  }

  function checkFailed(): void {
    if (Atomics.load(state, CONTROL.failed) !== 0) throw new Error('a kernel failed on a worker thread');
  }

  function runFrom(steps: readonly Step[], first: number): MaybePromise<void> {
    for (const [at, step] of steps.entries()) {
      if (at < first) continue;
      const done = step.weightBytes < worthSplitting || step.units < 2 ? alone.run([step]) : share(step);
      if (done instanceof Promise) return done.then(() => runFrom(steps, at + 1));
    }
  }

  return { run: (steps) => runFrom(steps, 0) };
}
