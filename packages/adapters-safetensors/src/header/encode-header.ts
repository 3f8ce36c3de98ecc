import type { Dtype } from '@fewbit/core';

import { LENGTH_BYTES, METADATA_KEY } from './parse-header.ts';

/** The first tensor then starts at a multiple of 8, the largest alignment of any dtype. */
const HEADER_ALIGNMENT = 8;

const SPACE = 0x20;

/** A tensor's line in a header. Positions count from the end of the header. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * The bytes that a safetensors file begins with, as the reference implementation writes them: the length, the metadata,
 * the tensors in the given order, spaces to a multiple of 8.
 *
 * @param metadata Members of `__metadata__` as JSON text (`"format":"pt"`); none leaves `__metadata__` out.
 */
export function encodeHeader(metadata: readonly string[], entries: readonly HeaderEntry[]): Uint8Array {
  const members: string[] = metadata.length === 0 ? [] : [`"${METADATA_KEY}":{${metadata.join(',')}}`];
  for (const { name, dtype, shape, begin, end } of entries) {
    members.push(
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${begin},${end}]}`,
    );
  }
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const padded = Math.ceil(json.byteLength / HEADER_ALIGNMENT) * HEADER_ALIGNMENT;
  const head = new Uint8Array(LENGTH_BYTES + padded).fill(SPACE);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(json, LENGTH_BYTES);
  return head;
}
