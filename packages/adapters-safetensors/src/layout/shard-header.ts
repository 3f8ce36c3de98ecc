import { LENGTH_BYTES, METADATA_KEY } from '../header/parse-header.ts';
import { JsonLength } from '../json/json-length.ts';
import { jsonEscape, JsonWriter, type JsonOutput } from '../json/json-writer.ts';
import type { LayoutTable, ShardTable } from './layout-table.ts';
import { expectedMetadataBytes, writeMetadata } from './shard-metadata.ts';
import type { TensorPattern } from './tensor-pattern.ts';

/** The first tensor then starts at a multiple of 8, the largest alignment of any dtype. */
const HEADER_ALIGNMENT = 8;

/** A name of 60 characters, dtype, shape and offsets. */
const EXPECTED_ENTRY_BYTES = 140;

/** How long a shard's header and file are. */
export interface ShardLengths {
  /** The length field and the JSON text with its padding. */
  readonly headByteLength: number;
  readonly fileByteLength: number;
}

/** Lengths of a shard. Fills its part of the table's `offsets`. */
export function measureShard(table: LayoutTable, shard: ShardTable, described: readonly number[]): ShardLengths {
  const length = new JsonLength(LENGTH_BYTES, table.plainNames);
  const dataByteLength = writeHeader(length, table, shard, described);
  return { headByteLength: length.byteLength, fileByteLength: length.byteLength + dataByteLength };
}

/**
 * The bytes of a shard's header as the reference implementation writes it: the length, the metadata, the components by
 * descending alignment of their dtype and then by name, and spaces to a multiple of 8.
 *
 * @param described Indices of the tensors that the metadata describes.
 */
export function encodeShardHeader(table: LayoutTable, shard: ShardTable, described: readonly number[]): Uint8Array {
  const writer = new JsonWriter(expectedBytes(table, shard.sorted, described), LENGTH_BYTES);
  writeHeader(writer, table, shard, described);
  const head = writer.finish();
  new DataView(head.buffer).setBigUint64(0, BigInt(head.byteLength - LENGTH_BYTES), true);
  return head;
}

/** @returns Bytes of all tensors of the shard. */
function writeHeader(
  writer: JsonOutput,
  table: LayoutTable,
  { sorted }: ShardTable,
  described: readonly number[],
): number {
  const { patterns, keys, firstComponent, offsets } = table;
  writer.ascii(`{"${METADATA_KEY}":`);
  writeMetadata(writer, table, described);
  // Where each key stands once it was written; its components repeat it.
  const keyBegin = new Uint32Array(sorted.length);
  const keyEnd = new Uint32Array(sorted.length);
  let position = 0;
  for (const rank of ranksOf(patterns, sorted)) {
    sorted.forEach((tensor, at) => {
      for (const component of patterns[tensor]?.byName ?? []) {
        if (component.rank !== rank) continue;
        offsets[(firstComponent[tensor] ?? 0) + component.index] = position;
        writer.ascii(',"');
        const begin = writer.byteLength;
        const known = keyEnd[at] ?? 0;
        if (known > 0) writer.repeat(keyBegin[at] ?? 0, known);
        else {
          writer.text(keys[tensor] ?? '', jsonEscape);
          keyBegin[at] = begin;
          keyEnd[at] = writer.byteLength;
        }
        writer.raw(component.entry);
        writer.integer(position);
        position += component.byteLength;
        writer.ascii(',');
        writer.integer(position);
        writer.ascii(']}');
      }
    });
  }
  writer.ascii('}');
  while (writer.byteLength % HEADER_ALIGNMENT !== 0) writer.ascii(' ');
  return position;
}

function expectedBytes(table: LayoutTable, sorted: readonly number[], described: readonly number[]): number {
  let components = 0;
  for (const tensor of sorted) components += table.patterns[tensor]?.components.length ?? 0;
  return components * EXPECTED_ENTRY_BYTES + expectedMetadataBytes(table, described);
}

/** The dtypes' ranks that occur, highest first. */
function ranksOf(patterns: readonly TensorPattern[], tensors: readonly number[]): readonly number[] {
  const ranks: Set<number> = new Set();
  let last: TensorPattern | undefined;
  for (const tensor of tensors) {
    const pattern = patterns[tensor];
    if (pattern === last || pattern === undefined) continue;
    last = pattern;
    for (const { rank } of pattern.components) ranks.add(rank);
  }
  return [...ranks].sort((left, right) => right - left);
}
