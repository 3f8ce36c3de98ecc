import {
  byteLength,
  DTYPE_BITS,
  OutputRefusedError,
  type CheckpointAdapter,
  type ComponentPlace,
  type Dtype,
  type Layout,
  type LayoutFile,
  type LayoutOptions,
  type OutputTensor,
} from '@fewbit/core';

import { encodeHeader, type HeaderEntry } from '../header/encode-header.ts';
import { LENGTH_BYTES, MAX_HEADER_BYTES } from '../header/parse-header.ts';
import { shown } from '../json/json-scanner.ts';
import { codePointOrder } from './code-point-order.ts';
import { groupShards, shardNames } from './group-shards.ts';
import { INDEX_NAME, indexJson } from './index-json.ts';
import { shardMetadata } from './metadata.ts';
import { findPrefixCollisions } from './prefix-collisions.ts';
import { nameComponents } from './stored-names.ts';

/** How many problems an error spells out; it counts the others. */
const NAMED_PROBLEMS = 50;

/** Lays tensors out as safetensors files: torchao's flattened layout once one is quantized, a plain file otherwise. */
export const safetensorsAdapter: CheckpointAdapter = { format: 'safetensors', layout };

function layout(tensors: readonly OutputTensor[], { maxShardBytes }: LayoutOptions): Layout {
  if (!(maxShardBytes > 0))
    throw new OutputRefusedError({
      message: `a shard of ${maxShardBytes} bytes holds nothing`,
      allowed: 'a positive number',
    });
  const { names, problems } = nameComponents(tensors);
  refuse([...problems, ...findPrefixCollisions(tensors, names), ...partialBytes(tensors)]);
  const sizes = tensors.map(({ components }) => components.reduce((sum, component) => sum + byteLength(component), 0));
  const shards = groupShards(sizes, maxShardBytes);
  const fileNames = shardNames(shards.length);
  const metadata = shardMetadata(tensors, shards);
  const places: ComponentPlace[][] = tensors.map(() => []);
  const files: LayoutFile[] = shards.map((shard, file) => {
    const name = fileNames[file] ?? '';
    const { entries, tensorOf, componentOf, dataBytes } = arrange(shard, tensors, names);
    const head = encodeHeader(metadata[file] ?? [], entries);
    if (head.byteLength - LENGTH_BYTES > MAX_HEADER_BYTES)
      refuse([`the header of ${name} would have ${head.byteLength} bytes, and readers take ${MAX_HEADER_BYTES}`]);
    entries.forEach((entry, at) => {
      const place: ComponentPlace = {
        file,
        storedName: entry.name,
        begin: head.byteLength + entry.begin,
        byteLength: entry.end - entry.begin,
      };
      const own = places[tensorOf[at] ?? 0];
      if (own !== undefined) own[componentOf[at] ?? 0] = place;
    });
    return { name, byteLength: head.byteLength + dataBytes, head };
  });
  if (files.length > 1) files.push(indexFile(tensors, places, fileNames));
  return { files, places };
}

function indexFile(
  tensors: readonly OutputTensor[],
  places: readonly (readonly ComponentPlace[])[],
  fileNames: readonly string[],
): LayoutFile {
  const stored = places.flat();
  const total = stored.reduce((sum, place) => sum + place.byteLength, 0);
  const head = indexJson(
    tensors,
    stored.map(({ storedName, file }) => ({ storedName, shardName: fileNames[file] ?? '' })),
    total,
  );
  return { name: INDEX_NAME, byteLength: head.byteLength, head };
}

interface Arrangement {
  readonly entries: readonly HeaderEntry[];
  /** For each entry, the index of its tensor and of the component in it. */
  readonly tensorOf: readonly number[];
  readonly componentOf: readonly number[];
  readonly dataBytes: number;
}

/** Ascending alignment, as the reference implementation orders dtypes. */
const DTYPE_RANK: ReadonlyMap<Dtype, number> = new Map(
  (Object.keys(DTYPE_BITS) as Dtype[]).map((dtype, rank) => [dtype, rank]),
);

interface Part {
  readonly storedName: string;
  readonly tensor: number;
  readonly component: number;
}

/** Orders a shard's components as the reference implementation does: descending alignment of the dtype, then by name. */
function arrange(
  shard: readonly number[],
  tensors: readonly OutputTensor[],
  names: readonly (readonly string[])[],
): Arrangement {
  const byRank: Part[][] = Array.from(DTYPE_RANK, () => []);
  for (const tensor of shard) {
    tensors[tensor]?.components.forEach(({ dtype }, component) => {
      byRank[DTYPE_RANK.get(dtype) ?? 0]?.push({ storedName: names[tensor]?.[component] ?? '', tensor, component });
    });
  }
  const entries: HeaderEntry[] = [];
  const tensorOf: number[] = [];
  const componentOf: number[] = [];
  let position = 0;
  for (const parts of byRank.reverse()) {
    const order = codePointOrder(parts.map(({ storedName }) => storedName));
    parts.sort((left, right) => order(left.storedName, right.storedName));
    for (const { storedName, tensor, component } of parts) {
      const info = tensors[tensor]?.components[component];
      if (info === undefined) continue;
      const begin = position;
      position += byteLength(info);
      entries.push({ name: storedName, dtype: info.dtype, shape: info.shape, begin, end: position });
      tensorOf.push(tensor);
      componentOf.push(component);
    }
  }
  return { entries, tensorOf, componentOf, dataBytes: position };
}

function partialBytes(tensors: readonly OutputTensor[]): string[] {
  const problems: string[] = [];
  for (const { name, components } of tensors) {
    for (const component of components) {
      if (!Number.isSafeInteger(byteLength(component)))
        problems.push(`${shown(name)} has a part of dtype ${component.dtype} that does not fill whole bytes`);
    }
  }
  return problems;
}

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  const more = problems.length > NAMED_PROBLEMS ? `; and ${problems.length - NAMED_PROBLEMS} more` : '';
  throw new OutputRefusedError({
    message: `the loaders of torchao and transformers could not read the result back: ${problems.slice(0, NAMED_PROBLEMS).join('; ')}${more}`,
    hint: 'Leave these tensors unquantized (a null config for their keys), or rename them.',
  });
}
