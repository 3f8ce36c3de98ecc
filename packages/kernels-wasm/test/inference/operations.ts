import {
  createReferenceBackend,
  fromFloat32,
  toFloat32,
  type FloatDtype,
  type InferenceOperations,
} from '@fewbit/core';
import fc from 'fast-check';
import { inferenceOver } from '../../src/inference/inference.ts';
import { createLayerMemory, MOST_PAGES, type ByteDots } from '../../src/inference/layer-memory.ts';
import { createRunner } from '../../src/inference/runner.ts';
import { chooseModule, type ModuleVariant } from '../../src/module/choose.ts';
import { instantiate } from '../../src/module/kernels.ts';

/** How an engine may compute layers: one of the modules, and what it makes of relaxed dot products (null: what it makes here). */
export const ENGINES: readonly (readonly [ModuleVariant, ByteDots | null])[] = [
  ['plain', null],
  ['relaxed', null],
  ['relaxed', 'seven bits'],
];

/** Null where this engine has not the module. */
export async function operationsOf(variant: ModuleVariant, dots: ByteDots | null): Promise<InferenceOperations | null> {
  const chosen = await chooseModule([variant]);
  if (chosen === null) return null;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES });
  const layers = createLayerMemory(instantiate(chosen.module, memory), memory, 1);
  return inferenceOver({ ...layers, dots: dots ?? layers.dots }, createRunner());
}

export function referenceOperations(): InferenceOperations {
  const { inference } = createReferenceBackend();
  if (inference === null) throw new Error('the reference runs layers');
  return inference;
}

export const dtypes: fc.Arbitrary<FloatDtype> = fc.constantFrom<FloatDtype[]>('F32', 'BF16', 'F16');

/** Numbers from a seed: shrinking each element of a weight would take for ever. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}

/** Values of a dtype, widened. */
export function valuesOf(dtype: FloatDtype, count: number, value: (at: number) => number): Float32Array {
  return toFloat32(bytesOf(dtype, count, value), dtype).slice();
}

/** Values of a dtype, as a checkpoint has them. */
export function bytesOf(dtype: FloatDtype, count: number, value: (at: number) => number): Uint8Array {
  return fromFloat32(
    Float32Array.from({ length: count }, (_, at) => value(at)),
    dtype,
  ).slice();
}
