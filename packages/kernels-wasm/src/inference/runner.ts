import type { MaybePromise } from '@fewbit/core';
import type { PlacedStep } from './placed-run.ts';

/** What carries out the steps of a run, in their order. */
export interface Runner {
  /** Says that these steps come next, before activations are there: threads that are to share them wake up meanwhile. */
  readonly expect: (steps: readonly PlacedStep[]) => void;
  /**
   * `backwards`: parts of weights come last to first. A layer that takes one row after another does so every other time: it begins
   * with what the run before has left in a cache, and what a weight larger than the cache would else push out before it is read.
   */
  readonly run: (steps: readonly PlacedStep[], backwards: boolean) => MaybePromise<void>;
}

/** Bytes of weights that are read forwards even so: pages, which processors fetch ahead in their order. */
const STRETCH_BYTES = 2 ** 16;
/** A step that reads less leaves all of it in any cache. */
const WORTH_TURNING = 2 ** 19;

/** On the thread that calls. */
export function createRunner(): Runner {
  return {
    expect: () => undefined,
    run: (steps, backwards) => {
      for (const step of steps) {
        if (backwards && step.weightBytes >= WORTH_TURNING) runBackwards(step);
        else step.run(step.args, 0, step.units, step.own);
      }
    },
  };
}

function runBackwards({ run, args, units, weightBytes, own }: PlacedStep): void {
  const stretches = Math.min(units, Math.ceil(weightBytes / STRETCH_BYTES));
  for (let stretch = stretches - 1; stretch >= 0; stretch -= 1) {
    run(args, startOf(stretch, stretches, units), startOf(stretch + 1, stretches, units), own);
  }
}

/** The first unit of a part. */
export function startOf(part: number, parts: number, units: number): number {
  return Math.floor((part * units) / parts);
}
