import type { BlockExtremes, BlockView } from '../contracts/quantizing.ts';
import { FewbitError } from '../errors.ts';

/**
 * Number of blocks in a view.
 *
 * @throws FewbitError (`FEWBIT_PLAN_INVALID`) when the view does not cover exactly `elements`.
 */
export function blockCount({ outer, length, inner }: BlockView, elements: number): number {
  if (outer * length * inner !== elements || length < 1) {
    throw new FewbitError('FEWBIT_PLAN_INVALID', {
      message: `a view of ${outer} x ${length} x ${inner} was put over ${elements} elements`,
      hint: 'A quantizer must be given whole blocks.',
    });
  }
  return outer * inner;
}

/** @throws FewbitError (`FEWBIT_PLAN_INVALID`) when blocks are not runs of consecutive elements. */
export function assertConsecutive({ inner }: BlockView, operation: string): void {
  if (inner !== 1) {
    throw new FewbitError('FEWBIT_PLAN_INVALID', {
      message: `${operation} was given blocks with a stride of ${inner}`,
      allowed: '1',
    });
  }
}

/** Index of the first element of a block. Its elements follow at a stride of `inner`. */
export function blockStart(block: number, { length, inner }: BlockView): number {
  const position = block % inner;
  return (block - position) * length + position;
}

/** Smallest and largest element of each block; NaN wins in both. */
export function extremesOf(values: Float32Array, view: BlockView): BlockExtremes {
  const blocks = blockCount(view, values.length);
  const min = new Float32Array(blocks);
  const max = new Float32Array(blocks);
  const { length, inner } = view;
  for (let block = 0; block < blocks; block += 1) {
    const start = blockStart(block, view);
    const end = start + length * inner;
    let low = Infinity;
    let high = -Infinity;
    let seenNaN = false;
    for (let i = start; i < end; i += inner) {
      const value = values[i] ?? 0;
      if (value < low) low = value;
      if (value > high) high = value;
      if (value !== value) seenNaN = true;
    }
    min[block] = seenNaN ? NaN : low;
    max[block] = seenNaN ? NaN : high;
  }
  return { min, max };
}
