import { byteLength } from '@fewbit/core';

import type { DescribedTensor } from './quantized-format.ts';
import type { InspectedTensor } from './inspected-tensor.ts';

/** Tensors that are stored in one way. */
export interface SchemeTotals {
  readonly format: string;
  /** In words: `int4, groups of 128, symmetric`. */
  readonly scheme: string;
  readonly tensors: number;
  /** Elements before packing. */
  readonly elements: number;
  /** Of all components. */
  readonly bytes: number;
  readonly bitsPerWeight: number | null;
}

export interface CheckpointTotals {
  readonly tensors: number;
  readonly quantizedTensors: number;
  /** Elements of the model's own tensors, quantized ones counted before packing; scales, zero points and buffers are not. */
  readonly parameters: number;
  readonly quantizedParameters: number;
  /** Tensors whose elements nothing tells; they are not in `parameters`. */
  readonly uncounted: number;
  /** Of all tensor data. */
  readonly bytes: number;
  /** Of quantized tensors with all their components. */
  readonly quantizedBytes: number;
  /** Null where some elements are not counted. */
  readonly bitsPerWeight: number | null;
  readonly quantizedBitsPerWeight: number | null;
  /** Quantized tensors by format and scheme, the most elements first. */
  readonly schemes: readonly SchemeTotals[];
}

export function totalsOf(tensors: readonly InspectedTensor[]): CheckpointTotals {
  let [parameters, quantizedParameters, uncounted, bytes, quantizedBytes, quantizedTensors] = [0, 0, 0, 0, 0, 0];
  const schemes: Map<string, { tensors: number; elements: number; bytes: number; scheme: string; format: string }> =
    new Map();
  for (const { elements, bytes: own, scheme, words, isParameter } of tensors) {
    bytes += own;
    if (isParameter && elements === null) uncounted += 1;
    if (isParameter) parameters += elements ?? 0;
    if (scheme === null) continue;
    quantizedTensors += 1;
    quantizedParameters += elements ?? 0;
    quantizedBytes += own;
    const text = words ?? '';
    const identity = `${scheme.format}\n${text}`;
    let sum = schemes.get(identity);
    if (sum === undefined) {
      sum = { tensors: 0, elements: 0, bytes: 0, scheme: text, format: scheme.format };
      schemes.set(identity, sum);
    }
    sum.tensors += 1;
    sum.elements += elements ?? 0;
    sum.bytes += own;
  }
  return {
    tensors: tensors.length,
    quantizedTensors,
    parameters,
    quantizedParameters,
    uncounted,
    bytes,
    quantizedBytes,
    bitsPerWeight: uncounted > 0 ? null : bitsPer(bytes, parameters),
    quantizedBitsPerWeight: bitsPer(quantizedBytes, quantizedParameters),
    schemes: Array.from(schemes.values(), (sum) => ({ ...sum, bitsPerWeight: bitsPer(sum.bytes, sum.elements) })).sort(
      (left, right) => right.elements - left.elements,
    ),
  };
}

export function bitsPer(bytes: number, elements: number | null): number | null {
  return elements === null || elements === 0 ? null : (bytes * 8) / elements;
}

export function bytesOf({ components }: Pick<DescribedTensor, 'components'>): number {
  let bytes = 0;
  for (const component of components.values()) bytes += byteLength(component);
  return bytes;
}
