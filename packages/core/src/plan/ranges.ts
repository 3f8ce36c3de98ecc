import type { TensorQuantizer } from '../contracts/config-type.ts';
import { bytesPerElement } from '../dtype.ts';
import { byteLength, elementCount, type StoredTensor } from '../tensor.ts';
import type { WorkItem } from './plan.ts';
import type { GrowingWorkItems } from './work-items.ts';

/**
 * Input bytes of one work item, where blocks allow it. Small enough that a range and what is made from it stay in a
 * processor's cache, large enough that sending an item and writing its pieces cost little beside it.
 */
export const RANGE_BYTES: number = 1024 * 1024;

/** Adds the items that copy a tensor's bytes. An empty tensor has none. */
export function addCopyItems(items: GrowingWorkItems, tensor: StoredTensor, index: number, rangeBytes: number): void {
  addRanges(items, { phase: 'copy', tensor: index, start: 0, end: byteLength(tensor) }, rangeBytes);
}

/** Adds the items that measure (where the quantizer asks for it) and quantize a tensor. */
export function addQuantizeItems(
  items: GrowingWorkItems,
  tensor: StoredTensor,
  index: number,
  quantizer: TensorQuantizer,
  rangeBytes: number,
): void {
  const total = elementCount(tensor.shape);
  const { unit, span, measure } = quantizer;
  const step = Math.max(1, Math.floor(rangeBytes / bytesPerElement(tensor.dtype) / unit)) * unit;
  for (const phase of measure === undefined ? QUANTIZE : MEASURE_AND_QUANTIZE) {
    for (let start = 0; start < total; start += span) {
      addRanges(items, { phase, tensor: index, start, end: Math.min(start + span, total) }, step);
    }
  }
}

const QUANTIZE = ['quantize'] as const;
const MEASURE_AND_QUANTIZE = ['measure', 'quantize'] as const;

/** Adds `whole` cut into items of at most `step`. */
function addRanges(items: GrowingWorkItems, whole: WorkItem, step: number): void {
  const { phase, tensor, start, end } = whole;
  if (start < end && end - start <= step) {
    items.push(whole);
    return;
  }
  for (let at = start; at < end; at += step) {
    items.push({ phase, tensor, start: at, end: Math.min(at + step, end) });
  }
}
