import type { ModuleKind } from '@fewbit/core';

import type { DescribedTensor } from './quantized-format.ts';

/** A tensor as the model has it, with its place in the model and its cost in the file. */
export interface InspectedTensor extends DescribedTensor {
  /** FQN of the owning module; '' for the root. */
  readonly module: string;
  readonly kind: ModuleKind;
  /** The scheme in words; null for a plain tensor. */
  readonly words: string | null;
  /** Of all components. */
  readonly bytes: number;
  readonly bitsPerWeight: number | null;
  /** False for buffers, and for scales that belong to no weight. */
  readonly isParameter: boolean;
}
