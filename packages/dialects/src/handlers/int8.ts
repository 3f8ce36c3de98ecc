import type { Config, JsonObject, JsonValue, ParameterInfo } from '@fewbit/core';
import {
  blockSizeOf,
  hasSingleElementBlocks,
  isComputedIn,
  EMPTY,
  isFloat8,
  readGranularity,
  reducesNothing,
  shownShape,
  splitsLast,
  type Granularity,
} from './blocks.ts';
import { quantized, raised, type Application, type Handler } from './handler.ts';

/** Configs that make Int8Tensors: any rank, and so norms and biases too. */
export const int8Handler: Handler = {
  takesParameterName: true,
  missing: 'AssertionError',
  readsBias: false,
  apply: (_config: Config, fields: JsonObject, parameter: ParameterInfo, before: string | null) =>
    applyInt8(parameter, weightGranularity(fields), before),
};

/** A pair is one for activations and one for weights. */
function weightGranularity(fields: JsonObject): Granularity {
  const written: JsonValue | undefined = Object.hasOwn(fields, 'granularity') ? fields.granularity : null;
  const pair: readonly JsonValue[] | null = Array.isArray(written) ? written : null;
  return readGranularity(pair === null ? written : pair[1]);
}

// In the order of torchao's own checks, which decides between errors.
function applyInt8({ shape, dtype }: ParameterInfo, granularity: Granularity, before: string | null): Application {
  const blockSize = blockSizeOf(shape, granularity);
  if (blockSize === null) {
    return raised('IndexError', `the granularity names a dimension that shape ${shownShape(shape)} does not have`);
  }
  const [extent, group] = [shape.at(-1) ?? 1, blockSize.at(-1) ?? 1];
  if (granularity.type === 'PerGroup' && extent % group !== 0) {
    return raised('AssertionError', `the last dimension of ${extent} does not divide into groups of ${group}`);
  }
  if (before !== null) return raised(errorOnQuantized(before, shape, blockSize), 'the tensor is quantized already');
  if (isFloat8(dtype)) return raised('NotImplementedError', `torch cannot reduce ${dtype}`);
  if (hasSingleElementBlocks(shape, blockSize)) return raised('RuntimeError', 'each block would hold a single element');
  if (reducesNothing(shape, blockSize)) return raised('IndexError', EMPTY);
  if (dtype === 'BOOL') return raised('RuntimeError', 'the dtype is BOOL');
  if (!isComputedIn(dtype)) return raised('AssertionError', `the dtype is ${dtype}`);
  if (shape.includes(0)) return raised('TypeError', EMPTY);
  return quantized('Int8Tensor');
}

/** What computing scales of a quantized tensor raises. Int4Tensor alone knows a `view`, for other shapes than these. */
export function errorOnQuantized(before: string, shape: readonly number[], blockSize: readonly number[]): string {
  if (before !== 'Int4Tensor') return 'NotImplementedError';
  return splitsLast(shape, blockSize) ? 'AssertionError' : 'UnboundLocalError';
}
