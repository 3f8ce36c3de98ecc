import { LENGTH_BYTES, METADATA_KEY } from '../header/parse-header.ts';
import { jsonEscape } from '../json/escapes.ts';
import { JsonWriter } from '../json/json-writer.ts';
import type { LayoutTable, ShardTable } from './layout-table.ts';
import { metadataLength, writeMetadata } from './shard-metadata.ts';
import { storedKey } from './stored-names.ts';
import type { TensorPattern } from './tensor-pattern.ts';

/** The first tensor then starts at a multiple of 8, the largest alignment of any dtype. */
const HEADER_ALIGNMENT = 8;

const HEADER_BEGIN = `{"${METADATA_KEY}":`;
const KEY_BEGIN = ',"';
const ENTRY_END = ']}';
const HEADER_END = '}';

/** How long a shard's header and file are. */
export interface ShardLengths {
  /** The length field and the JSON text with its padding. */
  readonly headByteLength: number;
  readonly fileByteLength: number;
}

/**
 * Lengths of a shard, which a plan needs at once, while the bytes of its headers, some 100 MB for a large model, are made when each
 * file is written. Fills the shard's part of the table's `offsets`.
 *
 * @param described Indices of the tensors that the metadata describes.
 */
export function measureShard(table: LayoutTable, { sorted }: ShardTable, described: readonly number[]): ShardLengths {
  const { patterns, firstComponent, offsets, lengths } = table;
  let length = LENGTH_BYTES + HEADER_BEGIN.length + metadataLength(table, described) + HEADER_END.length;
  let position = 0;
  // Positions ascend, and so do their digits.
  let digits = 1;
  let longer = 10;
  for (const rank of ranksOf(patterns, sorted)) {
    for (const tensor of sorted) {
      for (const component of patterns[tensor]?.byName ?? []) {
        if (component.rank !== rank) continue;
        offsets[(firstComponent[tensor] ?? 0) + component.index] = position;
        length += KEY_BEGIN.length + lengths.headerKey(tensor) + component.entry.byteLength + digits + ','.length;
        position += component.byteLength;
        while (position >= longer) {
          longer *= 10;
          digits += 1;
        }
        length += digits + ENTRY_END.length;
      }
    }
  }
  const headByteLength = Math.ceil(length / HEADER_ALIGNMENT) * HEADER_ALIGNMENT;
  return { headByteLength, fileByteLength: headByteLength + position };
}

/**
 * The bytes of a measured shard's header as the reference implementation writes it: the length, the metadata, the components by
 * descending alignment of their dtype and then by name, and spaces to a multiple of 8.
 *
 * @param byteLength As measured.
 * @param described Indices of the tensors that the metadata describes.
 */
export function encodeShardHeader(
  table: LayoutTable,
  { sorted }: ShardTable,
  described: readonly number[],
  byteLength: number,
): Uint8Array {
  const { tensors, patterns, firstComponent, offsets } = table;
  const writer = new JsonWriter(byteLength, LENGTH_BYTES);
  writer.ascii(HEADER_BEGIN);
  writeMetadata(writer, table, described);
  // Where each key stands once it was written; its components repeat it.
  const keyBegin = new Uint32Array(sorted.length);
  const keyEnd = new Uint32Array(sorted.length);
  for (const rank of ranksOf(patterns, sorted)) {
    sorted.forEach((index, at) => {
      const tensor = tensors[index];
      if (tensor === undefined) return;
      for (const component of patterns[index]?.byName ?? []) {
        if (component.rank !== rank) continue;
        writer.ascii(KEY_BEGIN);
        const begin = writer.byteLength;
        const known = keyEnd[at] ?? 0;
        if (known > 0) writer.repeat(keyBegin[at] ?? 0, known);
        else {
          writer.text(storedKey(tensor), jsonEscape);
          keyBegin[at] = begin;
          keyEnd[at] = writer.byteLength;
        }
        writer.raw(component.entry);
        const position = offsets[(firstComponent[index] ?? 0) + component.index] ?? 0;
        writer.integer(position);
        writer.ascii(',');
        writer.integer(position + component.byteLength);
        writer.ascii(ENTRY_END);
      }
    });
  }
  writer.ascii(HEADER_END);
  while (writer.byteLength % HEADER_ALIGNMENT !== 0) writer.ascii(' ');
  const head = writer.finish();
  new DataView(head.buffer).setBigUint64(0, BigInt(head.byteLength - LENGTH_BYTES), true);
  return head;
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
