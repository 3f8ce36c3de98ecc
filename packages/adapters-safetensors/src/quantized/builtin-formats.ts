import { awq } from './awq.ts';
import { bitsandbytes } from './bitsandbytes.ts';
import { compressedTensors } from './compressed-tensors.ts';
import { fp8 } from './fp8.ts';
import { gptq } from './gptq.ts';
import { mxfp4 } from './mxfp4.ts';
import { nvfp4 } from './nvfp4.ts';
import type { QuantizedFormat } from './quantized-format.ts';
import { torchao } from './torchao.ts';

/**
 * All formats of this package, in the order in which to ask them: those that say who they are before those that are known by
 * their dtypes alone.
 */
export const builtinFormats: readonly QuantizedFormat[] = [
  torchao,
  compressedTensors,
  bitsandbytes,
  mxfp4,
  nvfp4,
  gptq,
  awq,
  fp8,
];
