import { jsonEscape, JsonWriter } from '../json/json-writer.ts';
import { LENGTH_BYTES, METADATA_KEY } from '../header/parse-header.ts';
import { writePlainMetadata, writeTorchaoMetadata, type DescribedTensor } from './shard-metadata.ts';
import type { TensorPattern } from './tensor-pattern.ts';

/** The first tensor then starts at a multiple of 8, the largest alignment of any dtype. */
const HEADER_ALIGNMENT = 8;

/** A tensor of a shard. */
export interface ShardMember {
  /** Index of the tensor. */
  readonly tensor: number;
  readonly key: string;
  readonly pattern: TensorPattern;
}

export interface ShardHeader {
  /** The file's first bytes. */
  readonly head: Uint8Array;
  /** Length of the whole file. */
  readonly byteLength: number;
}

/** A name of 60 characters and what an entry of the header, or of the metadata, says of it. */
const EXPECTED_ENTRY_BYTES = 140;
const EXPECTED_DESCRIPTION_BYTES = 180;

/**
 * Writes a header as the reference implementation does: the length, the metadata, the components by descending alignment
 * of their dtype and then by name, and spaces to a multiple of 8.
 *
 * @param members In the order of their stored names.
 * @param described The tensors that the metadata describes; null where none is quantized.
 * @param place Receives each component's first byte, from the end of the header.
 */
export function encodeShardHeader(
  members: readonly ShardMember[],
  described: readonly DescribedTensor[] | null,
  place: (tensor: number, component: number, offset: number) => void,
): ShardHeader {
  const writer = new JsonWriter(expectedBytes(members, described ?? []), LENGTH_BYTES);
  writer.ascii(`{"${METADATA_KEY}":`);
  if (described === null) writePlainMetadata(writer);
  else writeTorchaoMetadata(writer, described);
  let position = 0;
  for (const rank of ranksOf(members)) {
    for (const { tensor, key, pattern } of members) {
      for (const component of pattern.byName) {
        if (component.rank !== rank) continue;
        place(tensor, component.index, position);
        writer.ascii(',"');
        writer.text(key, jsonEscape);
        writer.ascii(component.name);
        writer.raw(component.entry);
        writer.ascii(String(position));
        position += component.byteLength;
        writer.ascii(`,${position}]}`);
      }
    }
  }
  writer.ascii('}');
  while (writer.byteLength % HEADER_ALIGNMENT !== 0) writer.ascii(' ');
  const head = writer.finish();
  new DataView(head.buffer).setBigUint64(0, BigInt(head.byteLength - LENGTH_BYTES), true);
  return { head, byteLength: head.byteLength + position };
}

function expectedBytes(members: readonly ShardMember[], described: readonly DescribedTensor[]): number {
  let bytes = 1024;
  for (const { pattern } of members) bytes += pattern.components.length * EXPECTED_ENTRY_BYTES;
  for (const { pattern } of described) bytes += pattern.description.byteLength + EXPECTED_DESCRIPTION_BYTES;
  return bytes;
}

/** The dtypes' ranks that occur, highest first. */
function ranksOf(members: readonly ShardMember[]): readonly number[] {
  const ranks: Set<number> = new Set();
  let last: TensorPattern | undefined;
  for (const { pattern } of members) {
    if (pattern === last) continue;
    last = pattern;
    for (const { rank } of pattern.components) ranks.add(rank);
  }
  return [...ranks].sort((left, right) => right - left);
}
