import type { ActivationQuantization, AffineWeight, FloatDtype, StoredLinear } from '@fewbit/core';
import type { StoredAffine } from './affine-reader.ts';

/** What a class adds to its tensor as the weight of a linear layer. */
export interface AffineLinear {
  readonly bits: number;
  /** Whether torchao looks at the zero points that are stored. */
  readonly usesZeroPoint: boolean;
  readonly activations: (dtype: FloatDtype) => ActivationQuantization | null;
}

/** A stored affine tensor as the weight of a linear layer; null unless it is of rank 2. */
export function affineLinear(
  { shape, scaleDtype, view }: StoredAffine,
  { bits, usesZeroPoint, activations }: AffineLinear,
): StoredLinear | null {
  const [outFeatures, inFeatures, ...others] = shape;
  if (outFeatures === undefined || inFeatures === undefined || others.length > 0) return null;
  return {
    activations,
    weight: (bytes): AffineWeight => ({
      kind: 'affine',
      ...{ outFeatures, inFeatures, bits, view, scaleDtype },
      qdata: signed(bytes.get('qdata')),
      scale: bytes.get('scale') ?? new Uint8Array(0),
      zeroPoint: usesZeroPoint ? signed(bytes.get('zero_point')) : null,
    }),
  };
}

function signed(bytes: Uint8Array = new Uint8Array(0)): Int8Array {
  return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
