import type { ActivationQuantization, AffineWeight, FloatDtype, Int4Weight } from '@fewbit/core';
import type { ByteDots } from './layer-memory.ts';

/** Sums of codes over a group fit in 16 bits up to here (assembly/inference/grouped-layout.ts). */
const LONGEST_GROUP = 128;

/** A quad of zero points takes so much of a sum of codes (assembly/inference/grouped-rows.ts). */
const MOST_OF_ZERO_QUAD = 4 * 127;

/** What is added to a dot product of codes before it is scaled, as kernels name it. */
export const CORRECTION = { none: 0, sums: 1, pairs: 2 } as const;

/** How weights in groups are kept, and which kernels run over them. */
export interface GroupedForm {
  readonly bits: number;
  /** Codes of a group as the kernels see it; a checkpoint's group is made of `parts` of them. */
  readonly length: number;
  readonly parts: number;
  /** Codes multiplied in 16 bits instead of 8. */
  readonly wide: boolean;
  /** What is added to codes where they are kept. */
  readonly offset: number;
  readonly correction: number;
  /** Quads before a group's codes that carry zero points where rows are many; 0: corrections do it. */
  readonly zeroQuads: number;
  /** Zero points in the float domain. */
  readonly floatZeros: boolean;
  readonly statisticsDtype: FloatDtype;
  /** Bytes of a group of 8 columns. */
  readonly blockBytes: number;
}

/** Length of the groups along a row; null for blocks that lie otherwise. */
export function groupLengthOf(weight: AffineWeight | Int4Weight): number | null {
  if (weight.kind === 'int4') return weight.groupSize;
  const { view, inFeatures } = weight;
  return view.inner === 1 && inFeatures % view.length === 0 ? view.length : null;
}

/** For groups of a multiple of 4. */
export function groupedForm(
  dots: ByteDots,
  weight: AffineWeight | Int4Weight,
  groupLength: number,
  { mapping, qmin, qmax }: ActivationQuantization,
): GroupedForm {
  const bits = weight.kind === 'int4' ? 4 : weight.bits;
  const wide = dots === 'none' || (bits === 8 && dots === 'seven bits');
  const length = largestPart(groupLength);
  const shifted = mapping === 'ASYMMETRIC' || qmin + qmax + 1 !== 0;
  const zeros = weight.kind === 'affine' && weight.zeroPoint !== null;
  const correction = zeros ? CORRECTION.pairs : shifted && !wide ? CORRECTION.sums : CORRECTION.none;
  const floatZeros = weight.kind === 'int4';
  const statisticsDtype = weight.kind === 'int4' ? weight.dtype : weight.scaleDtype;
  const statistics = statisticsDtype === 'BF16' ? 16 : 32;
  const offset = bits === 8 && !wide && dots === 'signed' ? 0 : 2 ** (bits - 1);
  const balanced = dots === 'unsigned' && bits <= 4 && correction === CORRECTION.sums;
  return {
    ...{ bits, length, wide, offset, correction, floatZeros, statisticsDtype },
    parts: groupLength / length,
    zeroQuads: balanced ? Math.ceil((offset * length) / MOST_OF_ZERO_QUAD) : 0,
    blockBytes: statistics * (floatZeros ? 2 : 1) + 16 * correction + length * (bits > 4 ? 8 : 4),
  };
}

function largestPart(groupLength: number): number {
  let length = Math.min(groupLength, LONGEST_GROUP);
  while (groupLength % length !== 0 || length % 4 !== 0) length -= 1;
  return length;
}
