import type { QuantizingOperations } from '../contracts/quantizing.ts';
import type { Source } from '../contracts/io.ts';
import type { QuantizedTensor, TensorClass } from '../contracts/tensor-class.ts';
import { isFloatDtype, type FloatDtype } from '../dtype.ts';
import { FewbitError, InvalidCheckpointError } from '../errors.ts';
import { byteLength, elementCount } from '../tensor.ts';
import { readComponent, readRange, type LogicalTensor } from './logical-tensor.ts';

export interface ReadValuesRequest {
  readonly tensor: LogicalTensor;
  /** By `shard`. */
  readonly sources: readonly Source[];
  readonly tensorClasses: ReadonlyMap<string, TensorClass>;
  /** Dequantizes a quantized tensor. */
  readonly backend: QuantizingOperations;
}

/** All values of a tensor. */
export interface TensorValues {
  readonly dtype: FloatDtype;
  readonly shape: readonly number[];
  /** Little-endian bytes of `dtype`, row-major; `toFloat32` gives numbers. */
  readonly bytes: Uint8Array;
}

/**
 * Reads a tensor whole, dequantized where it is quantized: embeddings, say, of which a model needs rows.
 *
 * @throws InvalidCheckpointError for components that its class does not load.
 * @throws FewbitError (`FEWBIT_CHECKPOINT_UNSUPPORTED`) for a class that is unknown, or a dtype that is no float's.
 * @throws ReadError when bytes cannot be had.
 */
export async function readValues(request: ReadValuesRequest): Promise<TensorValues> {
  const opened = openQuantized(request.tensor, request.tensorClasses);
  return opened === null ? readPlain(request.tensor, request.sources) : dequantizeWhole(opened, request);
}

/** A quantized tensor by its class; null for a plain one. Throws as `readValues` does. */
export function openQuantized(
  { name, quantized, components }: LogicalTensor,
  tensorClasses: ReadonlyMap<string, TensorClass>,
): QuantizedTensor | null {
  if (quantized === null) return null;
  const tensorClass = tensorClasses.get(quantized.tensorClass);
  if (tensorClass === undefined) {
    throw unsupported(name, `its class is ${quantized.tensorClass}`, [...tensorClasses.keys()].join(', '));
  }
  return tensorClass.open({ name, attributes: quantized.attributes, components });
}

/** The values of a tensor that `openQuantized` opened. */
export async function dequantizeWhole(
  opened: QuantizedTensor,
  { tensor, sources, backend }: ReadValuesRequest,
): Promise<TensorValues> {
  const { dtype, shape } = opened;
  const end = elementCount(shape);
  const parts = await Promise.all(opened.reads(0, end).map((read) => readComponent(tensor.components, read, sources)));
  return { dtype, shape, bytes: (await opened.dequantize({ start: 0, end, parts, backend })).slice() };
}

async function readPlain({ name, components }: LogicalTensor, sources: readonly Source[]): Promise<TensorValues> {
  const stored = components.get('');
  if (stored === undefined) throw new InvalidCheckpointError({ message: 'a plain tensor has no bytes', where: name });
  const { dtype, shape } = stored;
  if (!isFloatDtype(dtype)) throw unsupported(name, `its dtype is ${dtype}`, 'F32, BF16 or F16');
  return { dtype, shape, bytes: await readRange(sources, stored, 0, byteLength(stored)) };
}

function unsupported(where: string, message: string, allowed: string): FewbitError {
  return new FewbitError('FEWBIT_CHECKPOINT_UNSUPPORTED', { message, where, allowed });
}
