import {
  checkLinear,
  releasedLayer,
  rowsOf,
  type InferenceOperations,
  type LinearLayer,
  type LinearRequest,
  type MaybePromise,
} from '@fewbit/core';
import type { LinearFamily, PackedLinear } from './family.ts';
import type { LayerMemory } from './layer-memory.ts';
import { createPlacedRuns } from './placed-run.ts';
import type { Runner } from './runner.ts';
import { createResults } from './results.ts';
import { createRunSpace } from './run-space.ts';

/** Running layers over a memory. The first of the families that takes a request packs it. */
export function createInference(
  memory: LayerMemory,
  runner: Runner,
  families: readonly LinearFamily[],
): InferenceOperations {
  const space = createRunSpace(memory);
  const results = createResults(memory);
  // Where threads are waited for, one run follows another, and memory is given back when none is under way.
  let last: Promise<unknown> | null = null;

  /** `work` is told whether its caller has the result before anything else runs. */
  function inTurn<T>(work: (atOnce: boolean) => MaybePromise<T>): MaybePromise<T> {
    const later = (): MaybePromise<T> => work(false);
    const result = last === null ? work(true) : last.then(later, later);
    if (!(result instanceof Promise)) return result;
    const mine: Promise<unknown> = result.then(clear, clear);
    last = mine;
    return result;

    function clear(): void {
      if (last === mine) last = null;
    }
  }

  return {
    loadLinear: (request) => {
      checkLinear(request);
      const family = families.find(({ takes }) => takes(request));
      if (family === undefined) throw new Error(`no family of kernels takes a weight of kind ${request.weight.kind}`);
      return layerOver(family.load(memory, request), request);
    },
  };

  function layerOver(packed: PackedLinear, { weight: { inFeatures, outFeatures } }: LinearRequest): LinearLayer {
    const runs = createPlacedRuns(memory, space, packed, { inFeatures, outFeatures });
    let released = false;

    function forward(x: Float32Array, rows: number, atOnce: boolean): MaybePromise<Float32Array> {
      const run = runs.of(rows);
      runner.expect(run);
      memory.write(run.x, x);
      const done = runner.run(run);
      const count = rows * outFeatures;
      if (done instanceof Promise) return done.then(() => memory.read(run.y, count));
      return atOnce ? results.read(run.y, count) : memory.read(run.y, count);
    }

    return {
      ...{ inFeatures, outFeatures, packing: packed.packing, byteLength: packed.byteLength },
      forward: (x) => {
        if (released) throw releasedLayer();
        const rows = rowsOf(x, inFeatures);
        if (rows === 0) return new Float32Array(0);
        return inTurn((atOnce) => forward(x, rows, atOnce));
      },
      release: () => {
        if (released) return;
        released = true;
        void inTurn(() => {
          runs.release();
          packed.release();
        });
      },
    };
  }
}
