import type { LayerMemory } from './layer-memory.ts';

/** Larger results are arrays of their own, which a collector can take. */
const MOST_KEPT_BYTES = 2 ** 24;

/** Where results of layers are read to. */
export interface Results {
  /** f32[count] at an address of the memory, in an array that is used again: valid until the next call. */
  readonly read: (address: number, count: number) => Float32Array;
}

/**
 * One array for the results of all layers, as LinearLayer allows: an array of its own for each of them takes a collector's
 * time, and lines of caches that weights lie in.
 */
export function createResults(memory: LayerMemory): Results {
  let held = new Float32Array(0);
  let last = held;
  return {
    read: (address, count) => {
      if (4 * count > MOST_KEPT_BYTES) return memory.read(address, count);
      if (count > held.length) held = new Float32Array(count);
      if (last.buffer !== held.buffer || last.length !== count) last = held.subarray(0, count);
      last.set(memory.floats(address, count));
      return last;
    },
  };
}
