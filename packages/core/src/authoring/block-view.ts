import type { BlockView } from '../contracts/quantizing.ts';

/**
 * The view of a whole row-major tensor whose blocks have torchao's `block_size`, or null where no view can express them:
 * where a dimension is cut that follows another one of the same block (blocks of 128 x 128).
 *
 * `[1, g]` on [N, K] gives [N * K / g, g, 1]; `[1, g, 1, 1]` on a convolution gives an `inner` of kh * kw; the shape itself
 * gives one block.
 *
 * @param blockSize - One entry for each dimension, each a divisor of the dimension's extent.
 */
export function blockViewOf(shape: readonly number[], blockSize: readonly number[]): BlockView | null {
  const first = blockSize.findIndex((extent) => extent !== 1);
  const last = blockSize.findLastIndex((extent) => extent !== 1);
  const cutInside = shape.some((extent, axis) => axis > first && axis <= last && blockSize[axis] !== extent);
  if (cutInside) return null;
  const elements = product(shape);
  const length = product(blockSize);
  const inner = last < 0 ? 1 : product(shape.slice(last + 1));
  return { outer: elements / (length * inner), length, inner };
}

/** Shape of a tensor's statistics: the number of blocks along each dimension. */
export function blockGrid(shape: readonly number[], blockSize: readonly number[]): readonly number[] {
  return shape.map((extent, axis) => extent / (blockSize[axis] ?? 1));
}

/** Whether `blockSize` has an entry for each dimension, and each divides its extent. */
export function blocksDivide(shape: readonly number[], blockSize: readonly number[]): boolean {
  return (
    shape.length === blockSize.length &&
    blockSize.every((extent, axis) => Number.isSafeInteger(extent) && extent >= 1 && (shape[axis] ?? 0) % extent === 0)
  );
}

function product(extents: readonly number[]): number {
  return extents.reduce((total, extent) => total * extent, 1);
}
