/**
 * Lanes of a decode workgroup: they walk along K, side by side. Few, so that each has several vectors of a row to add up before what
 * is the same for a row of any length: statistics, the sum over lanes, the end.
 */
export const DECODE_LANES = 32;
/** Rows of the weight that share each activation that a decode lane loads. */
export const DECODE_OUTPUTS = 4;

/** A prefill workgroup makes a tile of [PREFILL_ROWS, PREFILL_OUTPUTS], each lane all rows of two outputs. */
export const PREFILL_ROWS = 16;
export const PREFILL_LANES = 64;
export const PREFILL_OUTPUTS: number = 2 * PREFILL_LANES;

/** Lanes that go through a row of activations or a block of weights, for its extremes or codes. A quarter of what every device allows. */
export const ROW_LANES = 64;

/** Every row of activations and results on the device is padded with zeros to a multiple of this many elements. */
export const ROW_UNIT = 32;
