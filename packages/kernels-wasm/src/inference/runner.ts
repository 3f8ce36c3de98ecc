import type { MaybePromise } from '@fewbit/core';
import type { Kernels } from '../module/kernels.ts';
import { MOST_WORDS, type Step } from '../module/steps.ts';
import type { LayerMemory } from './layer-memory.ts';

/** What carries out the steps of a run, in their order. */
export interface Runner {
  readonly run: (steps: readonly Step[]) => MaybePromise<void>;
}

/** On the thread that calls. */
export function createRunner(memory: LayerMemory): Runner {
  const args = memory.allocate(4 * MOST_WORDS);
  return {
    run: (steps) => {
      for (const step of steps) {
        writeWords(memory, args, step);
        kernelOf(memory.kernels, step)(args, 0, step.units, step.own);
      }
    },
  };
}

export function writeWords(memory: LayerMemory, args: number, { words }: Step): void {
  if (words.length > MOST_WORDS) throw new Error(`a step of ${words.length} words`);
  const bytes = memory.bytes(args, 4 * words.length);
  new Int32Array(bytes.buffer, args, words.length).set(words);
}

export function kernelOf(kernels: Kernels, { kernel }: Step): Kernels[typeof kernel] {
  return kernels[kernel];
}
