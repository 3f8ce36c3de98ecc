import type { LinearRun } from './family.ts';
import type { LayerMemory } from './layer-memory.ts';

/** Where runs find activations and put results: one place for all layers, as one runs at a time. */
export interface RunSpace {
  /** Copies x in; what the run before left there is given up. */
  readonly place: (rows: number, x: Float32Array, outFeatures: number, scratchBytes: number) => LinearRun;
}

export function createRunSpace(memory: LayerMemory): RunSpace {
  let size = 0;
  let start: number | null = null;
  return {
    place: (rows, x, outFeatures, scratchBytes) => {
      const xBytes = aligned(x.byteLength);
      const yBytes = aligned(4 * rows * outFeatures);
      const needed = xBytes + yBytes + scratchBytes;
      if (start === null || needed > size) {
        if (start !== null) memory.free(start);
        start = null;
        start = memory.allocate(needed);
        size = needed;
      }
      memory.floats(start, x.length).set(x);
      return { rows, x: start, y: start + xBytes, scratch: start + xBytes + yBytes };
    },
  };
}

/** With room for a vector behind the end. */
function aligned(byteLength: number): number {
  return Math.ceil((byteLength + 64) / 64) * 64;
}
