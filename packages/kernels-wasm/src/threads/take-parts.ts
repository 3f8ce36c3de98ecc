import { startOf } from '../inference/runner.ts';
import type { StepKernel } from '../module/steps.ts';
import { CONTROL } from './control.ts';

/** Takes parts of the step that runs until none is left. Worker threads do the same with those they may (worker-source.ts). */
export function takeParts(state: Int32Array, kernels: readonly StepKernel[], thread: number): void {
  for (;;) {
    const ticket = Atomics.load(state, CONTROL.ticket);
    const part = ticket & 0xffff;
    const parts = Atomics.load(state, CONTROL.parts);
    if (part >= parts) return;
    const units = Atomics.load(state, CONTROL.units);
    const kernel = kernels[Atomics.load(state, CONTROL.kernel)];
    const args = Atomics.load(state, CONTROL.args);
    const own = Atomics.load(state, CONTROL.own) + thread * Atomics.load(state, CONTROL.ownBytes);
    const backwards = Atomics.load(state, CONTROL.backwards);
    if (Atomics.compareExchange(state, CONTROL.ticket, ticket, ticket + 1) !== ticket) continue;
    const place = backwards === 0 ? part : parts - 1 - part;
    try {
      kernel?.(args, startOf(place, parts, units), startOf(place + 1, parts, units), own);
    } catch {
      Atomics.store(state, CONTROL.failed, 1);
    }
    if (Atomics.add(state, CONTROL.done, 1) + 1 === parts) Atomics.notify(state, CONTROL.done);
  }
}
