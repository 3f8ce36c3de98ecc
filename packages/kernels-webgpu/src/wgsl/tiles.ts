/** Lanes of a decode workgroup: they walk along K, side by side. A quarter of the invocations that every device allows. */
export const DECODE_LANES = 64;
/** Rows of the weight that share each activation that a decode lane loads. */
export const DECODE_OUTPUTS = 4;

/** A prefill workgroup makes a tile of [PREFILL_ROWS, PREFILL_OUTPUTS], each lane all rows of two outputs. */
export const PREFILL_ROWS = 16;
export const PREFILL_LANES = 64;
export const PREFILL_OUTPUTS: number = 2 * PREFILL_LANES;

/** Every row of activations and results on the device is padded with zeros to a multiple of this many elements. */
export const ROW_UNIT = 32;
