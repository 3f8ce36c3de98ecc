import type { JsonObject, ParameterInfo } from '@fewbit/core';
import { readName, shownShape, splitsLast } from './blocks.ts';
import { quantized, raised, type Application, type Handler } from './handler.ts';

/** Int4WeightOnlyConfig with the plain packing format: ranks 2 and 3; what groups do not divide stays as it is. */
export const int4WeightOnlyHandler: Handler = {
  takesParameterName: true,
  missing: 'AssertionError',
  readsBias: false,
  apply: (_config, fields, parameter, before) => applyInt4(fields, parameter, before),
};

// In the order of torchao's own checks, which decides between errors.
function applyInt4(fields: JsonObject, { shape }: ParameterInfo, before: string | null): Application {
  const written = Object.hasOwn(fields, 'group_size') ? fields.group_size : null;
  const group = typeof written === 'number' ? written : 1;
  const extent = shape.at(-1);
  if (extent === undefined) return raised('IndexError', 'the tensor is a scalar');
  if (extent % group !== 0) {
    return { outcome: 'left', reason: `its last dimension of ${extent} does not divide into groups of ${group}` };
  }
  if (readName(fields, 'int4_choose_qparams_algorithm') === 'HQQ') {
    return raised('AssertionError', 'torchao has HQQ for another packing format only');
  }
  if (group === 1) return raised('AssertionError', 'torchao refuses groups of one element');
  if (shape.length !== 2 && shape.length !== 3)
    return raised('ValueError', `the shape is ${shownShape(shape)}, of no rank 2 or 3`);
  if (before !== null) return raised(onQuantized(before, shape, group), 'the tensor is quantized already');
  if (extent % 2 !== 0)
    return raised('RuntimeError', `the last dimension of ${extent} is odd, and two codes share a byte`);
  return quantized('Int4Tensor');
}

function onQuantized(before: string, shape: readonly number[], group: number): string {
  return before === 'Int4Tensor' && shape.length === 2 && splitsLast(shape, [1, group])
    ? 'AssertionError'
    : 'NotImplementedError';
}
