import type { MemoryUse } from './device/memory.ts';
import type { ActivationSlot, LinearSlot } from './linear/kernels.ts';
import type { Precision } from './precision.ts';
import type { QuantizingPlaces } from './quantizing/quantizing.ts';
import type { WeightSlot } from './wgsl/weights.ts';

/** A variant of a kernel that was tried on this adapter. */
export interface VariantReport {
  /** Which kernel, for how many rows of activations. */
  readonly kernel: LinearSlot | ActivationSlot | WeightSlot;
  /** What of the adapter it uses: `dot4I8Packed, subgroups, f16`. */
  readonly variant: string;
  /** Only a right one is used, and of the right ones the first. */
  readonly verdict: 'right' | 'wrong' | 'does not compile';
  /** What was seen, where it is not right. */
  readonly detail: string | null;
}

/** What a backend found out about its device, and what it holds there. */
export interface WebgpuReport {
  readonly adapter: string;
  /** What layers may compute in: f16 where it was asked for and the adapter has it. Which kernels do, their variants say. */
  readonly precision: Precision;
  /** How far results may be from the reference's, of the sum of absolute products: for `linearConformance`, too. */
  readonly bound: number;
  /** Every variant that the self-test ran. */
  readonly variants: readonly VariantReport[];
  /** Those that are not used because they are not right. */
  readonly rejected: readonly VariantReport[];
  readonly pipelines: number;
  readonly memory: MemoryUse;
  /** Where each quantizing operation runs: on the GPU, or by the reference on the CPU. Both give the reference's bits. */
  readonly quantizing: QuantizingPlaces;
  /** Why the device is gone, where it is. */
  readonly lost: string | null;
}
