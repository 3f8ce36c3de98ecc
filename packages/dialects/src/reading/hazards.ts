import type { DialectHazard, ParameterInfo } from '@fewbit/core';

/**
 * What breaks at run time when a parameter is quantized: a hazard without its place, or null. Seen with torch 2.13,
 * torchao 0.18 and transformers 5.23 on Llama, Qwen2 and Qwen3-MoE.
 */
export function hazardOf(
  parameter: Pick<ParameterInfo, 'parameter' | 'kind' | 'shape'>,
  tensorClass: string,
): Omit<DialectHazard, 'at' | 'entry'> | null {
  switch (parameter.kind) {
    case 'linear':
    case 'conv':
      return parameter.parameter === 'bias' ? BIAS : null;
    case 'conv1d':
      return parameter.parameter === 'bias' ? BIAS : CONV1D;
    case 'norm':
      return NORM;
    case 'experts':
      // Intx tensors of three dimensions do not exist; what has fewer is a bias.
      return parameter.shape.length < 3 || tensorClass === 'Int8Tensor' || tensorClass === 'Int4Tensor'
        ? EXPERTS
        : null;
    case 'buffer':
      return BUFFER;
    case 'embedding':
    case 'other':
      return parameter.shape.length < 2 ? VECTOR : null;
  }
}

const BIAS = {
  id: 'bias-quantized',
  message: 'a quantized bias cannot be added: the forward pass of its layer fails',
};
const BUFFER = {
  id: 'buffer-quantized',
  message: 'transformers quantizes a buffer like a parameter, and the forward pass fails on it',
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
const VECTOR = {
  id: 'vector-quantized',
  message: 'a quantized vector cannot be added or multiplied: the forward pass of its module fails',
};
const EXPERTS = {
  id: 'experts-quantized',
  message:
    'transformers multiplies stacked experts in a way that this class of tensors does not have: the forward pass fails',
};
