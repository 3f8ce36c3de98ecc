/** What a variant of a kernel uses of an adapter beyond what every one has. */
export interface ShaderFeatures {
  /** The language's dot4I8Packed; else shifts. */
  readonly packedDot: boolean;
  /** subgroupAdd, of whatever size; else a tree through workgroup memory. */
  readonly subgroups: boolean;
  /** quadBroadcast, where subgroups are narrow: each of four lanes loads activations for all; else each loads all. */
  readonly quads: boolean;
  /** subgroupBroadcast, where subgroups are narrow but of eight lanes or more: each of eight loads activations for all. */
  readonly octets: boolean;
  /** f16 in tiles of workgroup memory, and what is stored in f16 read by the adapter, where f16 was asked for. Sums are in f32. */
  readonly f16: boolean;
}

export const NO_FEATURES: ShaderFeatures = {
  ...{ packedDot: false, subgroups: false, quads: false, octets: false, f16: false },
};

/** How the code of a variant is named in reports: by what of the adapter it uses, and what it does instead. */
export function variantName(code: string): string {
  const uses = (piece: string): boolean => code.includes(piece);
  const parts = [
    ...(uses('dot4I8Packed(') ? ['dot4I8Packed'] : uses('fn dot4(') ? ['shifts'] : []),
    ...(uses('subgroupAdd(') ? ['subgroups'] : uses('fn sumOfLanes(') ? ['workgroup tree'] : []),
    ...(uses('subgroupBroadcast(') ? ['octets'] : uses('quadBroadcast(') ? ['quads'] : []),
    ...(uses('enable f16;') || uses('unpack2x16float(') ? ['f16'] : []),
  ];
  return parts.length === 0 ? 'plain' : parts.join(', ');
}
