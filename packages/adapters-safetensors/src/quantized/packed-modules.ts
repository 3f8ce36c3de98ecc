import type { Dtype } from '@fewbit/core';

import type { ModuleTensors } from './tensor-index.ts';

/** The dtypes of words that codes are packed into. */
export const PACKED_DTYPES: ReadonlySet<Dtype> = new Set(['I8', 'U8', 'I16', 'U16', 'I32', 'U32', 'I64', 'U64']);

// GPTQ and AWQ give their tensors the same names, so shapes have to tell them apart.

/** Whether a packed module is GPTQ's rather than AWQ's: its scales are as wide as its codes. */
export function isGptqModule(module: ModuleTensors): boolean {
  const qweight = module.get('qweight');
  if (qweight?.shape.length !== 2 || !PACKED_DTYPES.has(qweight.dtype)) return false;
  if (module.has('g_idx')) return true;
  if (isGemvFast(module)) return false;
  const scales = module.get('scales');
  // gemv's scales are wide too, but as tall as its codes.
  return scales?.shape.length === 2 && scales.shape[1] === qweight.shape[1] && scales.shape[0] !== qweight.shape[0];
}

/** AWQ's gemv_fast: four rows of codes in one of I16, zero points that are floats. */
export function isGemvFast(module: ModuleTensors): boolean {
  const [qweight, scales] = [module.get('qweight'), module.get('scales')];
  const zeros = module.get('scaled_zeros') ?? module.get('qzeros');
  if (qweight?.dtype !== 'I16' || zeros === undefined || PACKED_DTYPES.has(zeros.dtype)) return false;
  return (qweight.shape[0] ?? 0) * 4 === scales?.shape[1];
}
