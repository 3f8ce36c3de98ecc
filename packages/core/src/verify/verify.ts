import { readComponent, readRange, type LogicalTensor } from '../checkpoint/logical-tensor.ts';
import type { QuantizingOperations } from '../contracts/quantizing.ts';
import type { Source } from '../contracts/io.ts';
import type { QuantizedTensor, TensorClass } from '../contracts/tensor-class.ts';
import { isFloatDtype } from '../dtype.ts';
import { RANGE_BYTES } from '../plan/ranges.ts';
import { toFloat32 } from '../reference/float.ts';
import { byteLength, elementCount, type StoredTensor } from '../tensor.ts';
import { createDistance, type Distance } from './distance.ts';

/** How one tensor of a quantized checkpoint compares with the original's. */
export interface VerifiedTensor extends Distance {
  readonly name: string;
  /** Class name of the quantized tensor; null for a plain one. */
  readonly tensorClass: string | null;
  readonly elements: number;
  /** Bytes of all components. */
  readonly bytes: number;
  readonly bitsPerWeight: number;
  /** What is wrong, in words; null when all is well. A plain tensor must have the original's very bytes. */
  readonly problem: string | null;
}

export interface VerifyRequest {
  readonly tensor: LogicalTensor;
  /** The tensor of that name in the original; null when it has none. */
  readonly original: StoredTensor | null;
  /** By `shard`. */
  readonly quantizedSources: readonly Source[];
  readonly originalSources: readonly Source[];
  readonly tensorClasses: ReadonlyMap<string, TensorClass>;
  readonly backend: QuantizingOperations;
}

/**
 * Reads one tensor back, range by range, and measures how far it is from the original.
 *
 * @throws InvalidCheckpointError for components that its class does not load.
 * @throws ReadError when bytes cannot be had.
 */
export async function verifyTensor(request: VerifyRequest): Promise<VerifiedTensor> {
  const { tensor, original } = request;
  let bytes = 0;
  for (const component of tensor.components.values()) bytes += byteLength(component);
  const verdict = (elements: number, distance: Distance, problem: string | null): VerifiedTensor => ({
    name: tensor.name,
    tensorClass: tensor.quantized?.tensorClass ?? null,
    elements,
    bytes,
    bitsPerWeight: elements === 0 ? 0 : (bytes * 8) / elements,
    ...distance,
    problem,
  });
  const { quantized } = tensor;
  if (quantized === null) {
    const stored = tensor.components.get('');
    const elements = stored === undefined ? 0 : elementCount(stored.shape);
    if (stored === undefined) return verdict(0, UNKNOWN, 'it has no bytes');
    if (original === null) return verdict(elements, UNKNOWN, 'the original has no tensor of this name');
    const same = sameInfo(stored, original) && (await sameBytes(stored, original, request));
    return same
      ? verdict(elements, EXACT, null)
      : verdict(elements, UNKNOWN, 'it is plain, and not the same as the original');
  }
  const tensorClass = request.tensorClasses.get(quantized.tensorClass);
  if (tensorClass === undefined) {
    return verdict(0, UNKNOWN, `its class ${quantized.tensorClass} is none that this program can read`);
  }
  const { attributes } = quantized;
  const opened = tensorClass.open({ name: tensor.name, attributes, components: tensor.components });
  const elements = elementCount(opened.shape);
  if (original === null) return verdict(elements, UNKNOWN, 'the original has no tensor of this name');
  if (!isFloatDtype(original.dtype) || opened.shape.join() !== original.shape.join()) {
    const seen = `${opened.dtype} [${opened.shape.join(', ')}]`;
    return verdict(elements, UNKNOWN, `it is ${seen}, the original ${original.dtype} [${original.shape.join(', ')}]`);
  }
  const distance = createDistance();
  const width = byteLength(original) / Math.max(1, elements);
  const step = Math.max(1, Math.floor(RANGE_BYTES / Math.max(1, width) / opened.unit)) * opened.unit;
  for (let start = 0; start < elements; start += step) {
    const end = Math.min(start + step, elements);
    const [theirs, ours] = await Promise.all([
      readRange(request.originalSources, original, start * width, end * width),
      dequantizeRange(opened, start, end, request),
    ]);
    distance.add(toFloat32(theirs, original.dtype), toFloat32(ours, opened.dtype));
  }
  return verdict(elements, distance.result(), null);
}

const EXACT: Distance = { sqnrDb: null, exact: true, maxError: 0, signal: 0, noise: 0 };
const UNKNOWN: Distance = { sqnrDb: null, exact: false, maxError: null, signal: 0, noise: 0 };

function sameInfo(left: StoredTensor, right: StoredTensor): boolean {
  return left.dtype === right.dtype && left.shape.join() === right.shape.join();
}

async function sameBytes(left: StoredTensor, right: StoredTensor, request: VerifyRequest): Promise<boolean> {
  const length = byteLength(left);
  for (let start = 0; start < length; start += RANGE_BYTES) {
    const end = Math.min(start + RANGE_BYTES, length);
    const [ours, theirs] = await Promise.all([
      readRange(request.quantizedSources, left, start, end),
      readRange(request.originalSources, right, start, end),
    ]);
    if (!ours.every((byte, at) => byte === theirs[at])) return false;
  }
  return true;
}

async function dequantizeRange(
  opened: QuantizedTensor,
  start: number,
  end: number,
  { tensor, quantizedSources, backend }: VerifyRequest,
): Promise<Uint8Array> {
  const parts = await Promise.all(
    opened.reads(start, end).map((read) => readComponent(tensor.components, read, quantizedSources)),
  );
  return opened.dequantize({ start, end, parts, backend });
}
