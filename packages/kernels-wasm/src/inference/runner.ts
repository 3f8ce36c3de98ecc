import type { MaybePromise } from '@fewbit/core';
import { bytesRead } from '../module/steps.ts';
import type { PlacedRun, PlacedStep } from './placed-run.ts';

/** What carries out the steps of a run, in their order. */
export interface Runner {
  /** Says that this run comes next, before activations are there: threads that are to share it wake up meanwhile. */
  readonly expect: (run: PlacedRun) => void;
  readonly run: (run: PlacedRun) => MaybePromise<void>;
}

/** Bytes of weights that are read forwards even so: pages, which processors fetch ahead in their order. */
const STRETCH_BYTES = 2 ** 16;
/** A step that reads less leaves all of it in any cache. */
const WORTH_TURNING = 2 ** 19;

/** On the thread that calls. */
export function createRunner(): Runner {
  return {
    expect: () => undefined,
    run: ({ steps, backwards }) => {
      for (const step of steps) runAlone(step, backwards);
    },
  };
}

/** All of a step on the thread that calls. */
export function runAlone(step: PlacedStep, backwards: boolean): void {
  const { run, args, units, own } = step;
  const read = bytesRead(step);
  if (!backwards || read < WORTH_TURNING) {
    run(args, 0, units, own);
    return;
  }
  const stretches = Math.min(units, Math.ceil(read / STRETCH_BYTES));
  for (let stretch = stretches - 1; stretch >= 0; stretch -= 1) {
    run(args, startOf(stretch, stretches, units), startOf(stretch + 1, stretches, units), own);
  }
}

/** The first unit of a part. */
export function startOf(part: number, parts: number, units: number): number {
  return Math.floor((part * units) / parts);
}
