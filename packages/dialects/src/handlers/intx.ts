import type { JsonObject, ParameterInfo } from '@fewbit/core';
import {
  EMPTY,
  hasSingleElementBlocks,
  isComputedIn,
  isFloat8,
  readGranularity,
  readName,
  reducesNothing,
  shownShape,
  splitsLast,
} from './blocks.ts';
import { quantized, raised, type Application, type Handler } from './handler.ts';
import { errorOnQuantized } from './int8.ts';

/** IntxWeightOnlyConfig: ranks 2 and 4. */
export const intxWeightOnlyHandler: Handler = {
  takesParameterName: true,
  missing: 'AssertionError',
  readsBias: false,
  apply: (_config, fields, parameter, before) => {
    const rank = parameter.shape.length;
    if (rank !== 2 && rank !== 4)
      return raised('ValueError', `the shape is ${shownShape(parameter.shape)}, of no rank 2 or 4`);
    return applyIntx(parameter, schemeOf(fields, 'granularity'), before);
  },
};

/** Int8DynamicActivationIntxWeightConfig: rank 2, and a module that has a `bias`, be it None. */
export const int8DynamicActivationIntxWeightHandler: Handler = {
  takesParameterName: true,
  missing: 'AttributeError',
  readsBias: true,
  apply: (_config, fields, parameter, before) => {
    if (parameter.shape.length !== 2)
      return raised('AssertionError', `the shape is ${shownShape(parameter.shape)}, not of rank 2`);
    if (readName(fields, 'act_mapping_type') !== 'ASYMMETRIC') {
      return raised('AssertionError', 'torchao has no symmetric activations for this config');
    }
    return applyIntx(parameter, schemeOf(fields, 'weight_granularity'), before);
  },
};

interface Scheme {
  /** Null: one group for each row. */
  readonly groupSize: number | null;
  readonly hqq: boolean;
}

function schemeOf(fields: JsonObject, granularityName: string): Scheme {
  const written = Object.hasOwn(fields, granularityName) ? fields[granularityName] : null;
  const granularity = readGranularity(written);
  return {
    groupSize: granularity.type === 'PerGroup' ? granularity.value : null,
    hqq: readName(fields, 'intx_choose_qparams_algorithm') === 'HQQ_SCALE_ONLY',
  };
}

// In the order of torchao's own checks, which decides between errors. Dimension 1 holds the inputs, of convolutions too.
function applyIntx({ shape, dtype }: ParameterInfo, { groupSize, hqq }: Scheme, before: string | null): Application {
  const extent = shape[1] ?? 1;
  const group = groupSize ?? extent;
  const blockSize = shape.map((_, axis) => (axis === 1 ? group : 1));
  if (hqq && shape.length !== 2) return raised('AssertionError', 'HQQ takes weights of rank 2 only');
  const isPlain = before === null;
  if (isPlain && !hqq && !isFloat8(dtype) && !isComputedIn(dtype) && dtype !== 'F64') {
    return raised('TypeError', `the dtype is ${dtype}`);
  }
  // One group for each row of none.
  if (group !== 0 && extent % group !== 0) {
    return raised('AssertionError', `the input dimension of ${extent} does not divide into groups of ${group}`);
  }
  if (!isPlain) return raised(onQuantized(before, shape, blockSize, hqq), 'the tensor is quantized already');
  if (hqq) {
    if (shape.includes(0)) return raised('RuntimeError', EMPTY);
    if (!isComputedIn(dtype)) return raised('AssertionError', `the dtype is ${dtype}`);
    return quantized('IntxUnpackedToInt8Tensor');
  }
  if (isFloat8(dtype)) return raised('NotImplementedError', `torch cannot reduce ${dtype}`);
  if (hasSingleElementBlocks(shape, blockSize)) return raised('RuntimeError', 'each block would hold a single element');
  if (reducesNothing(shape, blockSize)) return raised('IndexError', EMPTY);
  if (dtype === 'F64') return raised('AssertionError', `the dtype is ${dtype}`);
  if (shape.includes(0)) return raised('TypeError', EMPTY);
  return quantized('IntxUnpackedToInt8Tensor');
}

function onQuantized(before: string, shape: readonly number[], blockSize: readonly number[], hqq: boolean): string {
  const error = errorOnQuantized(before, shape, blockSize);
  return hqq && !splitsLast(shape, blockSize) ? 'NotImplementedError' : error;
}
