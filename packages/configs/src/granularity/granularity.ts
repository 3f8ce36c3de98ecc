/** How much of a tensor shares one scale. */
export type Granularity =
  | { readonly type: 'PerTensor' }
  /** `dim` is the dimension that is reduced: -1 gives each row of a [N, K] weight its own scale. */
  | { readonly type: 'PerRow'; readonly dim: number }
  /** `axis` is the dimension that is kept: 0 gives each output channel its own scale. */
  | { readonly type: 'PerAxis'; readonly axis: number }
  /** Runs of `groupSize` elements along the last dimension. */
  | { readonly type: 'PerGroup'; readonly groupSize: number };

/** One scale for the whole tensor. */
export function perTensor(): Granularity {
  return { type: 'PerTensor' };
}

/** One scale for each run along `dim`, by default the last dimension. */
export function perRow(dim = -1): Granularity {
  return { type: 'PerRow', dim };
}

/** One scale for each position along `axis`. */
export function perAxis(axis: number): Granularity {
  return { type: 'PerAxis', axis };
}

/** One scale for each run of `groupSize` elements along the last dimension. */
export function perGroup(groupSize: number): Granularity {
  return { type: 'PerGroup', groupSize };
}

/** A few words for tables: `groups of 32`. */
export function describeGranularity(granularity: Granularity): string {
  switch (granularity.type) {
    case 'PerTensor':
      return 'per tensor';
    case 'PerRow':
      return granularity.dim === -1 ? 'per row' : `per row along dimension ${granularity.dim}`;
    case 'PerAxis':
      return granularity.axis === 0 ? 'per channel' : `per position along axis ${granularity.axis}`;
    case 'PerGroup':
      return `groups of ${granularity.groupSize}`;
  }
}
