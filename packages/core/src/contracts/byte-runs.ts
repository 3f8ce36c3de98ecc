/** Bytes at a regular distance: a column of a row-major matrix. */
export interface ByteRuns {
  /** Bytes in one run. */
  readonly length: number;
  /** Bytes from the start of one run to the start of the next. */
  readonly stride: number;
}
