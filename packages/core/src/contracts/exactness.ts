/**
 * What a backend promises of its quantizing: the reference's bits, or how far from them it may be. Every result counts, of any input.
 * `backendConformance` of `@fewbit/core/testing` checks it.
 */
export type Exactness = 'bit-exact' | InexactBound;

/** How far results may be from the reference's. NaN is NaN in both, and a zero may have either sign. */
export interface InexactBound {
  /** Of floats (scales, zero points in the float domain, extremes, dequantized values): units in the last place of their dtype. */
  readonly unitsInLastPlace: number;
  /** Of codes and integer zero points: steps. */
  readonly steps: number;
}
