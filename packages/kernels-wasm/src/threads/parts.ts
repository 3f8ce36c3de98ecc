import { bytesRead, type Step } from '../module/steps.ts';

/**
 * Bytes of weights in a part: some 10 µs of work. Threads do not run equally fast, and at the end all wait for the one that is
 * at work; taking a part costs a fraction of 1 µs.
 */
const PART_BYTES = 2 ** 17;
/** Bounds of the number of parts for each thread. */
const LEAST_PARTS = 8;
const MOST_PARTS = 64;

/** In how many parts threads take a step. */
export function partsOf(step: Step, threads: number): number {
  const wanted = Math.ceil(bytesRead(step) / PART_BYTES);
  return Math.min(step.units, Math.max(threads * LEAST_PARTS, Math.min(threads * MOST_PARTS, wanted)));
}
