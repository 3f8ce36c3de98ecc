import { elementCount, isFloatDtype, type Acceptance, type FloatDtype, type TensorInfo } from '@fewbit/core';
import type { Granularity } from './granularity.ts';

/** A weight that torchao can cut into blocks. */
export interface BlockedWeight {
  readonly shape: readonly number[];
  readonly dtype: FloatDtype;
  /** torchao's `block_size`. */
  readonly blockSize: readonly number[];
}

/** Why torchao raises. */
export type Refusal = Extract<Acceptance, { readonly verdict: 'error' }>;

/** The blocks that a granularity makes of a weight, or why torchao raises. */
export function blocksOf(weight: TensorInfo, granularity: Granularity): BlockedWeight | Refusal {
  return blocked(weight, () => blockSizeOf(weight.shape, granularity));
}

/** The weight with the block size that `choose` gives, once its dtype and shape are known to be quantizable at all. */
export function blocked(weight: TensorInfo, choose: () => readonly number[] | Refusal): BlockedWeight | Refusal {
  const { dtype, shape } = weight;
  if (!isFloatDtype(dtype)) {
    return refuse(`its dtype is ${dtype}; only F32, BF16 and F16 can be quantized`);
  }
  if (shape.length === 0) return refuse('it is a scalar, which has no rows or groups');
  if (elementCount(shape) === 0) return refuse(`it has no elements (shape ${shownShape(shape)})`);
  const blockSize = choose();
  return 'verdict' in blockSize ? blockSize : { shape, dtype, blockSize };
}

/**
 * Refuses blocks of a single element: PyTorch takes their empty list of dimensions to reduce for "all", and the shapes then
 * disagree. A tensor of one element is all right.
 */
export function refuseSingleElementBlocks(weight: BlockedWeight | Refusal): BlockedWeight | Refusal {
  if ('verdict' in weight || elementCount(weight.blockSize) > 1 || elementCount(weight.shape) === 1) return weight;
  return refuse(
    `each block of shape ${shownShape(weight.shape)} would hold a single element, which torchao cannot quantize`,
    'Leave this tensor out with a null entry, or give it a coarser granularity.',
  );
}

export function refuse(reason: string, hint?: string): Refusal {
  return hint === undefined ? { verdict: 'error', reason } : { verdict: 'error', reason, hint };
}

/** The refusal of groups that do not divide an extent. */
export function refuseGroups(extent: number, groupSize: number, what: string): Refusal {
  return refuse(
    `its ${what} of ${extent} does not divide into groups of ${groupSize}`,
    groupSizeHint(extent, groupSize),
  );
}

/** Advice for an extent that groups do not divide: the nearest smaller power of two that does. */
export function groupSizeHint(extent: number, groupSize: number): string {
  for (let size = 2 ** Math.floor(Math.log2(Math.min(groupSize, extent))); size > 1; size /= 2) {
    if (extent % size === 0) return `A group size of ${size} divides it.`;
  }
  return 'No power of two divides it: leave the tensor out with a null entry, or quantize it per row.';
}

export function shownShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

function blockSizeOf(shape: readonly number[], granularity: Granularity): readonly number[] | Refusal {
  const last = shape.length - 1;
  switch (granularity.type) {
    case 'PerTensor':
      return shape;
    case 'PerRow': {
      const axis = axisOf(granularity.dim, shape);
      return axis === null ? refuseAxis(granularity.dim, shape) : shape.map((extent, at) => (at === axis ? extent : 1));
    }
    case 'PerAxis': {
      const axis = axisOf(granularity.axis, shape);
      return axis === null
        ? refuseAxis(granularity.axis, shape)
        : shape.map((extent, at) => (at === axis ? 1 : extent));
    }
    case 'PerGroup': {
      const extent = shape[last] ?? 1;
      const { groupSize } = granularity;
      if (extent % groupSize !== 0) return refuseGroups(extent, groupSize, 'last dimension');
      return shape.map((_, at) => (at === last ? groupSize : 1));
    }
  }
}

// As Python indexes: -1 is the last.
function axisOf(axis: number, shape: readonly number[]): number | null {
  const positive = axis < 0 ? axis + shape.length : axis;
  return positive >= 0 && positive < shape.length ? positive : null;
}

function refuseAxis(axis: number, shape: readonly number[]): Refusal {
  return refuse(`it has no dimension ${axis} (shape ${shownShape(shape)})`);
}
