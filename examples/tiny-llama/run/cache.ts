import type { LlamaConfig } from './config.ts';

/** Keys, after they were turned to their position, and values of one layer: [capacity, keyValueHeads * headDim] each. */
export interface LayerCache {
  readonly keys: Float32Array;
  readonly values: Float32Array;
}

/** What the layers remember of the tokens so far, so that each token passes through the model once. */
export interface KvCache {
  /** Tokens that it holds. */
  length: number;
  readonly capacity: number;
  readonly layers: readonly LayerCache[];
}

/** @param capacity Tokens. Default: the model's context. */
export function createCache(config: LlamaConfig, capacity: number = config.context): KvCache {
  const size = capacity * config.keyValueHeads * config.headDim;
  const layers = Array.from({ length: config.layers }, () => ({
    keys: new Float32Array(size),
    values: new Float32Array(size),
  }));
  return { length: 0, capacity, layers };
}
