import type { InferenceOperations } from '@fewbit/core';
import { instantiate } from '../module/kernels.ts';
import type { LinearFamily } from './family.ts';
import { floatFamily } from './float.ts';
import { groupedFamily } from './grouped.ts';
import { int8RowsFamily } from './int8-rows.ts';
import { createLayerMemory, MOST_PAGES, type LayerMemory } from './layer-memory.ts';
import { createInference } from './load-linear.ts';
import { createRunner, type Runner } from './runner.ts';

/** The first that takes a request packs its weight. */
const FAMILIES: readonly LinearFamily[] = [int8RowsFamily, groupedFamily, floatFamily];

/** Layers that run on the thread that calls, in a memory that is made with the first of them. */
export function inferenceOnOneThread(module: WebAssembly.Module): InferenceOperations {
  let made: InferenceOperations | null = null;
  return {
    loadLinear: (request) => {
      made ??= makeInference(module);
      return made.loadLinear(request);
    },
  };
}

function makeInference(module: WebAssembly.Module): InferenceOperations {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES });
  const layers = createLayerMemory(instantiate(module, memory), memory, 1);
  return inferenceOver(layers, createRunner());
}

export function inferenceOver(memory: LayerMemory, runner: Runner): InferenceOperations {
  return createInference(memory, runner, FAMILIES);
}
