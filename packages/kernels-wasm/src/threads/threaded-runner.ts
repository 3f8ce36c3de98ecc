import type { MaybePromise } from '@fewbit/core';
import type { LayerMemory } from '../inference/layer-memory.ts';
import type { PlacedRun, PlacedStep } from '../inference/placed-run.ts';
import { runAlone, type Runner } from '../inference/runner.ts';
import { bytesRead, STEP_KERNELS, type Step } from '../module/steps.ts';
import { CONTROL } from './control.ts';
import { partsOf } from './parts.ts';
import { announce, type Coming } from './prefetch.ts';
import { createSequence } from './sequence.ts';
import { takeParts } from './take-parts.ts';
import type { Wait } from './waiting.ts';

/** Steps that read less are over before another thread has woken up. */
const WORTH_SPLITTING = 2 * 2 ** 20;

/**
 * Activations of more bytes take longer to copy and to quantize than a thread takes to wake up: it is woken for the last of
 * what the caller does alone, or it would sleep again.
 */
const WAKE_LATER_BYTES = 2 ** 17;

/**
 * From so many parts on, the caller takes the last one itself. Others then are at work on one before, if at all, and are mostly
 * done first: being woken takes longer than a part, so the caller had better not wait.
 */
const PARTS_TO_LEAVE_ONE = 8;

/** On the thread that calls and others, which share the parts of each step that reads `worthSplitting` bytes or more. */
export function createThreadedRunner(
  memory: LayerMemory,
  state: Int32Array,
  wait: Wait,
  worthSplitting: number = WORTH_SPLITTING,
): Runner {
  const kernels = STEP_KERNELS.map((name) => memory.kernels[name]);
  const sequence = createSequence();
  let number = 0;

  const isShared = (step: Step): boolean => bytesRead(step) >= worthSplitting && step.units > 1;

  function coming({ steps, backwards }: Pick<PlacedRun, 'steps' | 'backwards'>): Coming | null {
    const step = steps.find(isShared);
    if (step === undefined || step.weights === null) return null;
    return { weights: step.weights, parts: partsOf(step, memory.threads), backwards };
  }

  function wake(): void {
    Atomics.add(state, CONTROL.generation, 1);
    Atomics.notify(state, CONTROL.generation);
  }

  /** Wakes threads, which prefetch until the step is there. */
  function call(run: PlacedRun): void {
    const step = coming(run);
    if (step === null) return;
    announce(state, following(number), step);
    wake();
  }

  function share(step: PlacedStep, run: PlacedRun): MaybePromise<void> {
    const parts = partsOf(step, memory.threads);
    number = following(number);
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
    Atomics.store(state, CONTROL.backwards, run.backwards ? 1 : 0);
    Atomics.store(state, CONTROL.parts, parts);
    Atomics.store(state, CONTROL.shared, parts < PARTS_TO_LEAVE_ONE ? parts : parts - 1);
    const next = sequence.after(run);
    announce(state, following(number), next === null ? null : coming(next));
    wake();
    takeParts(state, kernels, 0);
    const waited = wait(state, CONTROL.done, parts);
    if (waited instanceof Promise) return waited.then(checkFailed);
    checkFailed();
  }

  function checkFailed(): void {
    if (Atomics.load(state, CONTROL.failed) !== 0) throw new Error('a kernel failed on a worker thread');
  }

  function runFrom(run: PlacedRun, first: number): MaybePromise<void> {
    for (const [at, step] of run.steps.entries()) {
      if (at < first) continue;
      if (!isShared(step)) {
        const next = run.steps[at + 1];
        if (next !== undefined && isShared(next) && isPreparedLong(run)) call(run);
        runAlone(step, run.backwards);
        continue;
      }
      const done = share(step, run);
      if (done instanceof Promise) return done.then(() => runFrom(run, at + 1));
    }
  }

  return {
    expect: (run) => {
      sequence.note(run);
      if (!isPreparedLong(run)) call(run);
    },
    run: (run) => runFrom(run, 0),
  };
}

function isPreparedLong({ x, y }: PlacedRun): boolean {
  return y - x > WAKE_LATER_BYTES;
}

/** The number of the next step that is shared: 15 bits. */
function following(number: number): number {
  return (number + 1) & 0x7fff;
}
