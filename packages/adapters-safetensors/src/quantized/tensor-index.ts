import type { StoredTensor } from '@fewbit/core';

/** The tensors of one module, by the last part of their names. */
export type ModuleTensors = ReadonlyMap<string, StoredTensor>;

/** Stored tensors by name and by module. */
export interface TensorIndex {
  readonly tensors: readonly StoredTensor[];
  /** By what is before the last dot; '' for names without one. */
  readonly modules: ReadonlyMap<string, ModuleTensors>;
  /** The last parts of all names. */
  readonly leaves: ReadonlySet<string>;
}

export function indexTensors(tensors: readonly StoredTensor[]): TensorIndex {
  const modules: Map<string, Map<string, StoredTensor>> = new Map();
  const leaves: Set<string> = new Set();
  // The tensors of a module mostly stand side by side.
  let lastModule: string | null = null;
  let last: Map<string, StoredTensor> = new Map();
  for (const tensor of tensors) {
    const { name } = tensor;
    const dot = name.lastIndexOf('.');
    const module = dot < 0 ? '' : name.slice(0, dot);
    const leaf = dot < 0 ? name : name.slice(dot + 1);
    if (module !== lastModule) {
      last = modules.get(module) ?? new Map<string, StoredTensor>();
      lastModule = module;
      modules.set(module, last);
    }
    last.set(leaf, tensor);
    leaves.add(leaf);
  }
  return { tensors, modules, leaves };
}

/** `model.layers.0.mlp.up_proj` and `weight` put together again. */
export function nameOf(module: string, leaf: string): string {
  return module === '' ? leaf : `${module}.${leaf}`;
}

/** The named tensors of a module that are there, by the same names. */
export function pick(module: ModuleTensors, leaves: readonly string[]): Map<string, StoredTensor> {
  const found: Map<string, StoredTensor> = new Map();
  for (const leaf of leaves) {
    const tensor = module.get(leaf);
    if (tensor !== undefined) found.set(leaf, tensor);
  }
  return found;
}
