import type { DialectHazard, ParameterInfo } from '@fewbit/core';

/**
 * What breaks at run time when a parameter is quantized: a hazard without its place, or null. Seen with torch 2.13,
 * torchao 0.18 and transformers 5.23 on Llama, Qwen2 and Qwen3-MoE.
 */
export function hazardOf(
  parameter: Pick<ParameterInfo, 'parameter' | 'kind'>,
  tensorClass: string,
): Omit<DialectHazard, 'at' | 'entry'> | null {
  switch (parameter.kind) {
    case 'linear':
    case 'conv':
      return parameter.parameter === 'bias' ? BIAS : null;
    case 'conv1d':
      if (parameter.parameter === 'bias') return BIAS;
      return tensorClass === 'IntxUnpackedToInt8Tensor' ? null : CONV1D;
    case 'norm':
      return NORM;
    case 'experts':
      return tensorClass === 'Int8Tensor' || tensorClass === 'Int4Tensor' ? EXPERTS : null;
    case 'embedding':
    case 'buffer':
    case 'other':
      return null;
  }
}

const BIAS = {
  id: 'bias-quantized',
  message: 'a quantized bias cannot be added: the forward pass of its layer fails',
};
const CONV1D = {
  id: 'conv1d-quantized',
  message:
    'a transposed linear layer multiplies in a way that this class of tensors does not have: the forward pass fails',
};
const NORM = {
  id: 'norm-quantized',
  message: 'a quantized weight of a norm cannot be multiplied: the forward pass of the norm fails',
};
const EXPERTS = {
  id: 'experts-quantized',
  message:
    'transformers multiplies stacked experts in a way that this class of tensors does not have: the forward pass fails',
};
