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
}

export const NO_FEATURES: ShaderFeatures = { packedDot: false, subgroups: false, quads: false, octets: false };

/** How a variant is named in reports. */
export function featureNames({ packedDot, subgroups, quads, octets }: ShaderFeatures): string {
  const parts = [packedDot ? 'dot4I8Packed' : 'shifts', subgroups ? 'subgroups' : 'workgroup tree'];
  return [...parts, ...(octets ? ['octets'] : quads ? ['quads'] : [])].join(', ');
}
