import type { LinearRequest } from '@fewbit/core';
import type { Step } from '../module/steps.ts';
import type { LayerMemory } from './layer-memory.ts';

/** One way of keeping weights, and the kernels over it. */
export interface LinearFamily {
  /** Of a request that is checked, but for its codes. */
  readonly takes: (request: LinearRequest) => boolean;
  /**
   * Packs the weight into the memory. What it allocates and does not keep it frees, also where it throws.
   *
   * @throws FewbitError (`FEWBIT_INFERENCE_INVALID`) for codes outside their bits, and where memory ends.
   */
  readonly load: (memory: LayerMemory, request: LinearRequest) => PackedLinear;
}

export interface PackedLinear {
  /** See LinearLayer. */
  readonly packing: string;
  readonly byteLength: number;
  /** Bytes that a run over M rows needs beside x and y. */
  readonly scratchBytes: (rows: number) => number;
  /** What computes y from x, one after the other; M is at least 1. */
  readonly steps: (run: LinearRun) => readonly Step[];
  /** Frees the weight; called once. */
  readonly release: () => void;
}

/** Addresses of what one run works on. */
export interface LinearRun {
  readonly rows: number;
  /** f32[M, K]: values as the caller has them, not rounded to the layer's dtype. */
  readonly x: number;
  /** f32[M, N]. */
  readonly y: number;
  readonly scratch: number;
}
