import type { TensorQuantizer } from '../contracts/config-type.ts';
import { bytesPerElement } from '../dtype.ts';
import { byteLength, elementCount, type StoredTensor } from '../tensor.ts';
import type { WorkItem } from './plan.ts';

/**
 * Input bytes of one work item, where blocks allow it. Small enough that a worker's buffers stay at tens of MiB, large
 * enough that opening, sending and writing an item cost nothing beside it.
 */
export const RANGE_BYTES: number = 4 * 1024 * 1024;

/** The items that copy a tensor's bytes. An empty tensor has none. */
export function copyItems(tensor: StoredTensor, index: number, rangeBytes: number): WorkItem[] {
  return cut(0, byteLength(tensor), rangeBytes).map(([start, end]) => ({ phase: 'copy', tensor: index, start, end }));
}

/** The items that measure (where the quantizer asks for it) and quantize a tensor. */
export function quantizeItems(
  tensor: StoredTensor,
  index: number,
  quantizer: TensorQuantizer,
  rangeBytes: number,
): WorkItem[] {
  const total = elementCount(tensor.shape);
  const { unit, span, measure } = quantizer;
  const units = Math.max(1, Math.floor(rangeBytes / bytesPerElement(tensor.dtype) / unit));
  const items: WorkItem[] = [];
  for (const phase of measure === undefined ? (['quantize'] as const) : (['measure', 'quantize'] as const)) {
    for (let start = 0; start < total; start += span) {
      for (const [from, to] of cut(start, Math.min(start + span, total), units * unit)) {
        items.push({ phase, tensor: index, start: from, end: to });
      }
    }
  }
  return items;
}

function cut(start: number, end: number, step: number): [number, number][] {
  const ranges: [number, number][] = [];
  for (let at = start; at < end; at += step) ranges.push([at, Math.min(at + step, end)]);
  return ranges;
}
