import { elementCount, type OutputTensor } from '@fewbit/core';

import { JsonWriter, type Escape } from '../json/json-writer.ts';
import { pythonString } from '../json/python-json.ts';

export const INDEX_NAME = 'model.safetensors.index.json';

/** A name of 60 characters, a shard's of 32, the rest around them. */
const EXPECTED_LINE_BYTES = 112;

const pythonEscape: Escape = (text) => pythonString(text).slice(1, -1);

export interface IndexTotals {
  /** Bytes of all tensors. */
  readonly totalBytes: number;
  /** Elements before quantizing; null when they are not known. */
  readonly totalParameters: number | null;
}

/** A stored name in two parts, and the shard that holds it. */
export interface IndexedComponent {
  readonly key: string;
  readonly component: string;
  readonly shardName: string;
}

/** The bytes of the index, as transformers writes it: two spaces, ASCII; `components` come sorted by stored name. */
export function encodeShardIndex(
  components: readonly IndexedComponent[],
  { totalBytes, totalParameters }: IndexTotals,
): Uint8Array {
  const writer = new JsonWriter(EXPECTED_LINE_BYTES * (components.length + 1));
  writer.ascii('{\n  "metadata": {\n');
  if (totalParameters !== null) writer.ascii(`    "total_parameters": ${totalParameters},\n`);
  writer.ascii(`    "total_size": ${totalBytes}\n  },\n  "weight_map": {\n`);
  for (const { key, component, shardName } of components) {
    writer.ascii('    "');
    writer.text(key, pythonEscape);
    writer.ascii(component);
    writer.ascii('": "');
    writer.ascii(shardName);
    writer.ascii('",\n');
  }
  writer.dropLast(2);
  writer.ascii('\n  }\n}\n');
  return writer.finish();
}

/** Elements before quantizing; null when a quantized tensor does not say. */
export function countParameters(tensors: readonly OutputTensor[]): number | null {
  let total = 0;
  for (const { shape, quantized, components } of tensors) {
    const known = shape ?? (quantized === null ? components[0]?.shape : undefined);
    if (known === undefined) return null;
    total += elementCount(known);
  }
  return total;
}
