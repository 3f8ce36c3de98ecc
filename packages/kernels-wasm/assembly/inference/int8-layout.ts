import { PANEL, PIECE } from './panels';

/** Codes of a row in one step. */
export const STEP_CODES: i32 = ASC_FEATURE_RELAXED_SIMD ? 4 : 2;

/** Bytes of a panel that one step takes. */
export const PANEL_STEP: i32 = PANEL * STEP_CODES;

/** Steps of a row of so many codes. */
export function stepsOf(columns: i32): i32 {
  return ((columns + PIECE - 1) / PIECE) * (PIECE / STEP_CODES);
}

// Words of int8Rows: panels, f32[N] scales, i32[N] sums of codes, f32[N] biases (-0 for none); N, K, M; operands, their planes, what
// was added to activations; f32[M] scales, i32[M] zero points or 0; f32[M, N] results, the layer's dtype; codes i8[M, K].
