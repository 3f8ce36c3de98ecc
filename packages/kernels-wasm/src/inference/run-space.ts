import type { LayerMemory } from './layer-memory.ts';

/** Where runs find activations and put results: one place for all layers, as one runs at a time. */
export interface RunSpace {
  /** The address of that many bytes; what the run before left there is given up. */
  readonly reserve: (byteLength: number) => number;
}

export function createRunSpace(memory: LayerMemory): RunSpace {
  let size = 0;
  let start: number | null = null;
  return {
    reserve: (byteLength) => {
      if (start === null || byteLength > size) {
        if (start !== null) memory.free(start);
        start = null;
        start = memory.allocate(byteLength);
        size = byteLength;
      }
      return start;
    },
  };
}
