/** Bytes that can be read by position: a file, a Blob, a URL that answers range requests. */
export interface Source {
  readonly byteLength: number;
  /**
   * The bytes [start, end), exactly end - start of them.
   *
   * @throws ReadError when they cannot be had.
   */
  readonly read: (start: number, end: number) => Promise<Uint8Array>;
  /** Fills `target` from `start`, without a buffer in between. Absent: use `read`. */
  readonly readInto?: (target: Uint8Array, start: number) => Promise<void>;
  readonly close?: () => Promise<void>;
}

/** Where output files grow under temporary names. Writes may come in any order and more than once. */
export interface Sink {
  /** Makes a file of the given length. */
  readonly create: (file: string, byteLength: number) => Promise<void>;
  /** @throws WriteError when the bytes cannot be stored. */
  readonly write: (file: string, position: number, bytes: Uint8Array) => Promise<void>;
  /**
   * Whether writing now would wait for someone else who writes. Who has something to read does that first, and loses no time.
   * Absent: nobody knows.
   */
  readonly isBusy?: () => boolean;
  /** Checks lengths, then gives every file its final name at once. */
  readonly finish: () => Promise<void>;
  /** Removes everything that was written. Calling it after `finish` does nothing. */
  readonly abort: () => Promise<void>;
}
