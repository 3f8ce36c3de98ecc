import { elementCount, type Dtype } from '@fewbit/core';

import type { QuantizationScheme } from './scheme.ts';

export type ScaleSharing = Pick<QuantizationScheme, 'granularity' | 'groupSize' | 'blockSize'>;

/**
 * What shares a scale, from the shape of the weight [..., out, in] and that of its scales.
 *
 * @param said The group size of the config, which decides where the last group is shorter than the others.
 */
export function granularityOf(
  shape: readonly number[] | null,
  scales: readonly number[] | null,
  said: number | null = null,
): ScaleSharing {
  if (scales === null) return { granularity: 'none', groupSize: null, blockSize: null };
  if (elementCount(scales) === 1) return { granularity: 'tensor', groupSize: null, blockSize: null };
  const [rows = 1, columns = 1] = shape?.slice(-2) ?? [];
  // A vector is one scale for each row, whatever else its shape says.
  const flat = scales.length === 1;
  const grid = flat ? [scales[0] ?? 1, 1] : scales.slice(-2);
  const [down = 1, across = 1] = grid;
  if (shape === null) {
    return across === 1
      ? { granularity: 'row', groupSize: null, blockSize: null }
      : { granularity: 'group', groupSize: said, blockSize: null };
  }
  if (down === 1 && across === 1) return { granularity: 'tensor', groupSize: null, blockSize: null };
  if (down === rows && across === 1) return { granularity: 'row', groupSize: null, blockSize: null };
  const width = evenExtent(columns, across, said);
  if (down === rows) return { granularity: 'group', groupSize: width, blockSize: null };
  const height = evenExtent(rows, down, null);
  return {
    granularity: 'block',
    groupSize: null,
    blockSize: height === null || width === null ? null : [height, width],
  };
}

/** How long each of `count` pieces of an extent is; null when they cannot be equally long but for the last. */
function evenExtent(extent: number, count: number, said: number | null): number | null {
  if (count <= 0) return null;
  if (said !== null && Math.ceil(extent / said) === count) return said;
  if (extent % count === 0) return extent / count;
  // Blocks are powers of two in practice; the last one is shorter.
  const size = 2 ** Math.ceil(Math.log2(extent / count));
  return Math.ceil(extent / size) === count ? size : null;
}

const FLOAT_ELEMENTS: ReadonlyMap<Dtype, string> = new Map([
  ['F8_E4M3', 'float8_e4m3fn'],
  ['F8_E5M2', 'float8_e5m2'],
  ['F8_E4M3FNUZ', 'float8_e4m3fnuz'],
  ['F8_E5M2FNUZ', 'float8_e5m2fnuz'],
]);

/** PyTorch's name of an eight-bit float; null for any other dtype. */
export function floatElement(dtype: Dtype): string | null {
  return FLOAT_ELEMENTS.get(dtype) ?? null;
}

export function elementOf(dtype: Dtype): { readonly element: string; readonly bits: number } {
  return { element: floatElement(dtype) ?? 'int8', bits: 8 };
}
