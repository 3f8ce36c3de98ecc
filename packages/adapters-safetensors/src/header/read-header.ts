import { InvalidCheckpointError, type Source } from '@fewbit/core';

import { LENGTH_BYTES, MAX_HEADER_BYTES, parseHeader, type Header } from './parse-header.ts';

/** The shortest JSON text that a header can be. */
const MIN_HEADER_BYTES = 2;

export interface ReadHeaderOptions {
  /** Names the file in errors. */
  readonly where: string;
  /** What the tensors get as their shard. 0 unless told. */
  readonly shard?: number;
}

/**
 * The header of a safetensors file. Reads the header's bytes and no other.
 *
 * @throws InvalidCheckpointError for a file that is not safetensors, or is cut off.
 * @throws ReadError when the bytes cannot be had.
 */
export async function readHeader(source: Source, options: ReadHeaderOptions): Promise<Header> {
  const { where } = options;
  const { byteLength } = source;
  if (byteLength < LENGTH_BYTES + MIN_HEADER_BYTES) {
    throw new InvalidCheckpointError({ message: `the file has ${byteLength} bytes, too few for a header`, where });
  }
  const prefix = await source.read(0, LENGTH_BYTES);
  const length = new DataView(prefix.buffer, prefix.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  // Checked before the read: a length is a claim, and what it claims would be allocated.
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new InvalidCheckpointError({
      message: `the header claims ${length} bytes`,
      where,
      allowed: `at most ${MAX_HEADER_BYTES}`,
      hint: 'This is probably not a safetensors file.',
    });
  }
  const end = LENGTH_BYTES + Number(length);
  if (length < MIN_HEADER_BYTES || end > byteLength) {
    throw new InvalidCheckpointError({
      message: `the header claims ${length} bytes in a file of ${byteLength}`,
      where,
      hint: 'The file may have been cut off: fetch it again.',
    });
  }
  return parseHeader(await source.read(LENGTH_BYTES, end), { ...options, fileByteLength: byteLength });
}
