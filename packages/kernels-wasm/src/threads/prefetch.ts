import type { StepWeights } from '../module/steps.ts';
import { CONTROL } from './control.ts';

/** Bytes that a worker thread reads ahead: about as many as the caches of a core hold. */
export const PREFETCH_BYTES: number = 2 ** 20;
/** Bytes that it reads before it looks for work again: 1 or 2 µs. */
export const PREFETCH_PIECE: number = 2 ** 14;

/** Weights of a step that threads are to share, and in which parts. */
export interface Coming {
  readonly weights: StepWeights;
  readonly parts: number;
  readonly backwards: boolean;
}

/**
 * Says whose weights threads without work may bring into their caches, each those of the parts that it will take if they take
 * turns. The words change one by one: who reads them meanwhile prefetches other bytes, which harms nobody.
 */
export function announce(state: Int32Array, number: number, coming: Coming | null): void {
  if (coming === null) {
    Atomics.store(state, CONTROL.prefetchParts, 0);
    return;
  }
  const { weights, parts, backwards } = coming;
  const bytes = Math.ceil(weights.byteLength / parts);
  Atomics.store(state, CONTROL.prefetchFor, number);
  Atomics.store(state, CONTROL.prefetchAt, backwards ? weights.at + (parts - 1) * bytes : weights.at);
  Atomics.store(state, CONTROL.prefetchStride, backwards ? -bytes : bytes);
  Atomics.store(state, CONTROL.prefetchParts, parts);
}
