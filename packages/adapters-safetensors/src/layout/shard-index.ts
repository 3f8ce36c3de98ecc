import { elementCount, type OutputTensor } from '@fewbit/core';

import { JsonLength } from '../json/json-length.ts';
import { JsonWriter, type Escape, type JsonOutput } from '../json/json-writer.ts';
import { pythonString } from '../json/python-json.ts';
import type { LayoutTable } from './layout-table.ts';

export const INDEX_NAME = 'model.safetensors.index.json';

/** A name of 60 characters, a shard's of 32, the rest around them. */
const EXPECTED_LINE_BYTES = 112;

const pythonEscape: Escape = (text) => pythonString(text).slice(1, -1);

/** Length of the index. */
export function measureShardIndex(table: LayoutTable): number {
  const length = new JsonLength(0, table.plainNames);
  writeIndex(length, table);
  return length.byteLength;
}

/** The bytes of the index, as transformers writes it: keys sorted, two spaces, ASCII. */
export function encodeShardIndex(table: LayoutTable): Uint8Array {
  const writer = new JsonWriter(EXPECTED_LINE_BYTES * (table.offsets.length + 1));
  writeIndex(writer, table);
  return writer.finish();
}

function writeIndex(writer: JsonOutput, { tensors, patterns, keys, order, shards, shardOf }: LayoutTable): void {
  const totalBytes = patterns.reduce((sum, { byteLength }) => sum + byteLength, 0);
  writer.ascii('{\n  "metadata": {\n');
  writer.ascii(`    "total_parameters": ${countParameters(tensors)},\n`);
  writer.ascii(`    "total_size": ${totalBytes}\n  },\n  "weight_map": {\n`);
  const encoder = new TextEncoder();
  const lineEnds = shards.map(({ name }) => encoder.encode(`": "${name}",\n`));
  order.forEach((tensor) => {
    const lineEnd = lineEnds[shardOf[tensor] ?? 0] ?? new Uint8Array(0);
    let begin = -1;
    let end = -1;
    for (const { name } of patterns[tensor]?.byName ?? []) {
      if (begin >= 0) writer.repeat(begin, end);
      else {
        begin = writer.byteLength;
        writer.ascii('    "');
        writer.text(keys[tensor] ?? '', pythonEscape);
        end = writer.byteLength;
      }
      writer.ascii(name);
      writer.raw(lineEnd);
    }
  });
  writer.dropLast(',\n'.length);
  writer.ascii('\n  }\n}\n');
}

/** Elements before quantizing. */
function countParameters(tensors: readonly OutputTensor[]): number {
  return tensors.reduce((total, { parameter }) => total + elementCount(parameter.shape), 0);
}
