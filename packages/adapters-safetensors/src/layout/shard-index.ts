import { elementCount, type OutputTensor } from '@fewbit/core';

import { pythonEscape } from '../json/escapes.ts';
import { JsonWriter } from '../json/json-writer.ts';
import type { LayoutTable } from './layout-table.ts';
import { storedKey } from './stored-names.ts';

export const INDEX_NAME = 'model.safetensors.index.json';

const KEY_BEGIN = '    "';
const LINE_SEPARATOR = ',\n';
const INDEX_END = '\n  }\n}\n';

/** Length of the index. */
export function measureShardIndex(table: LayoutTable): number {
  const { patterns, shards, shardOf, lengths } = table;
  const lineEnds = shards.map(({ name }) => lineEnd(name).length);
  let length = indexBegin(table).length;
  patterns.forEach(({ components }, tensor) => {
    const aroundName = KEY_BEGIN.length + lengths.indexKey(tensor) + (lineEnds[shardOf[tensor] ?? 0] ?? 0);
    for (const { name } of components) length += aroundName + name.length;
  });
  if (table.offsets.length > 0) length -= LINE_SEPARATOR.length;
  return length + INDEX_END.length;
}

/** The bytes of the index, as transformers writes it: keys sorted, two spaces, ASCII. */
export function encodeShardIndex(table: LayoutTable): Uint8Array {
  const { tensors, patterns, order, shards, shardOf } = table;
  const writer = new JsonWriter(measureShardIndex(table) + LINE_SEPARATOR.length);
  writer.ascii(indexBegin(table));
  const encoder = new TextEncoder();
  const lineEnds = shards.map(({ name }) => encoder.encode(lineEnd(name)));
  order.forEach((index) => {
    const tensor = tensors[index];
    if (tensor === undefined) return;
    const end = lineEnds[shardOf[index] ?? 0] ?? new Uint8Array(0);
    let keyBegin = -1;
    let keyEnd = -1;
    for (const { name } of patterns[index]?.byName ?? []) {
      if (keyBegin >= 0) writer.repeat(keyBegin, keyEnd);
      else {
        keyBegin = writer.byteLength;
        writer.ascii(KEY_BEGIN);
        writer.text(storedKey(tensor), pythonEscape);
        keyEnd = writer.byteLength;
      }
      writer.ascii(name);
      writer.raw(end);
    }
  });
  if (table.offsets.length > 0) writer.dropLast(LINE_SEPARATOR.length);
  writer.ascii(INDEX_END);
  return writer.finish();
}

function indexBegin({ tensors, patterns }: LayoutTable): string {
  const totalBytes = patterns.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return `{\n  "metadata": {\n    "total_parameters": ${countParameters(tensors)},\n    "total_size": ${totalBytes}\n  },\n  "weight_map": {\n`;
}

function lineEnd(shard: string): string {
  return `": "${shard}"${LINE_SEPARATOR}`;
}

/** Elements before quantizing. */
function countParameters(tensors: readonly OutputTensor[]): number {
  return tensors.reduce((total, { parameter }) => total + elementCount(parameter.shape), 0);
}
