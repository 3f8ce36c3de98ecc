import { elementCount, type Dtype, type StoredTensor } from '@fewbit/core';

import type { DescribedTensor } from './quantized-format.ts';

/** A tensor that is stored as the model has it. */
export function plainTensor(tensor: StoredTensor): DescribedTensor {
  const { name, dtype, shape } = tensor;
  return { name, dtype, shape, elements: elementCount(shape), scheme: null, components: new Map([['', tensor]]) };
}

const FLOATS: ReadonlySet<Dtype> = new Set(['F32', 'BF16', 'F16', 'F64', 'C64']);

/** Whether a plain tensor's elements are what they seem: weights of a model are floats of 16 bits or more. */
export function isOrdinary({ dtype }: StoredTensor): boolean {
  return FLOATS.has(dtype);
}

// The scales of caches and activations that belong to no weight: `self_attn.k_scale`, `attn.output_scale`.
const AUXILIARY =
  /^(?:[kqv]_scale|kv_scale|prob_scale|output_scale|input_scale|input_amax|[kv]_proj_output_scale|[kqv]_zero_point)$/;

/** Whether a tensor that is left over after quantized ones were described is part of the quantization and no weight. */
export function isAuxiliary({ name, shape }: StoredTensor): boolean {
  return elementCount(shape) <= 1 && AUXILIARY.test(name.slice(name.lastIndexOf('.') + 1));
}

const ORPHANS: ReadonlySet<string> = new Set([
  ...['weight_scale', 'weight_zero_point', 'weight_shape', 'weight_g_idx', 'weight_global_scale', 'input_global_scale'],
  ...['weight_scale_inv', 'weight_scale_2', 'input_scale', 'qzeros', 'scales', 'scaled_zeros', 'g_idx', 'SCB'],
  ...['weight_format', 'workspace'],
]);

/** Whether a tensor that is left over describes codes, so that codes must have been beside it. */
export function isOrphan({ name }: StoredTensor): boolean {
  return ORPHANS.has(name.slice(name.lastIndexOf('.') + 1));
}
