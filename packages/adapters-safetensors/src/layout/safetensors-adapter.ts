import {
  OutputRefusedError,
  type CheckpointAdapter,
  type ComponentPlace,
  type Layout,
  type LayoutFile,
  type LayoutOptions,
  type OutputTensor,
} from '@fewbit/core';

import { LENGTH_BYTES, MAX_HEADER_BYTES } from '../header/parse-header.ts';
import { shown } from '../json/json-scanner.ts';
import { groupShards, shardNames } from './group-shards.ts';
import { encodeShardHeader, type ShardMember } from './shard-header.ts';
import { countParameters, encodeShardIndex, INDEX_NAME, type IndexedComponent } from './shard-index.ts';
import type { DescribedTensor } from './shard-metadata.ts';
import { nameComponents } from './stored-names.ts';
import { createPatternCache, type TensorPattern } from './tensor-pattern.ts';

/** How many problems an error spells out; it counts the others. */
const NAMED_PROBLEMS = 50;

/** Lays tensors out as safetensors files: torchao's flattened layout once one is quantized, a plain file otherwise. */
export const safetensorsAdapter: CheckpointAdapter = { format: 'safetensors', layout };

interface LaidOutTensor extends ShardMember, DescribedTensor {
  readonly shard: number;
  /** For each component, its first byte from the end of the header. */
  readonly offsets: number[];
}

function layout(tensors: readonly OutputTensor[], { maxShardBytes }: LayoutOptions): Layout {
  if (!(maxShardBytes > 0)) {
    throw new OutputRefusedError({
      message: `a shard of ${maxShardBytes} bytes holds nothing`,
      allowed: 'a positive number of bytes',
    });
  }
  const patterns = tensors.map(createPatternCache());
  const { keys, order } = nameComponents(tensors, refuse);
  refuse(partialBytes(tensors, patterns));
  const shards = groupShards(
    patterns.map(({ byteLength }) => byteLength),
    maxShardBytes,
  );
  const fileNames = shardNames(shards.length);
  const laidOut = layOut(tensors, { patterns, keys, shards });
  const members: LaidOutTensor[][] = shards.map(() => []);
  for (const tensor of order) {
    const own = laidOut[tensor];
    if (own !== undefined) members[own.shard]?.push(own);
  }
  const quantized = tensors.some((tensor) => tensor.quantized !== null);
  const files = shards.map((shard, file): LayoutFile => {
    const described = file === shards.length - 1 ? laidOut : shard.flatMap((tensor) => laidOut[tensor] ?? []);
    const { head, byteLength } = encodeShardHeader(
      members[file] ?? [],
      quantized ? described : null,
      (tensor, component, offset) => {
        const own = laidOut[tensor];
        if (own !== undefined) own.offsets[component] = offset;
      },
    );
    const name = fileNames[file] ?? '';
    if (head.byteLength - LENGTH_BYTES > MAX_HEADER_BYTES)
      refuse([`the header of ${name} would have ${head.byteLength} bytes, and readers take ${MAX_HEADER_BYTES}`]);
    return { name, byteLength, head };
  });
  const places = laidOut.map((tensor) => placesOf(tensor, files));
  if (files.length > 1) {
    const totals = {
      totalBytes: patterns.reduce((sum, pattern) => sum + pattern.byteLength, 0),
      totalParameters: countParameters(tensors),
    };
    const head = encodeShardIndex(indexed(laidOut, order, fileNames), totals);
    files.push({ name: INDEX_NAME, byteLength: head.byteLength, head });
  }
  return { files, places };
}

interface LayOutContext {
  readonly patterns: readonly TensorPattern[];
  readonly keys: readonly string[];
  readonly shards: readonly (readonly number[])[];
}

function layOut(tensors: readonly OutputTensor[], { patterns, keys, shards }: LayOutContext): LaidOutTensor[] {
  const shardOf = new Uint32Array(tensors.length);
  shards.forEach((shard, file) => {
    for (const tensor of shard) shardOf[tensor] = file;
  });
  return patterns.map((pattern, tensor) => ({
    tensor,
    name: tensors[tensor]?.name ?? '',
    key: keys[tensor] ?? '',
    pattern,
    shard: shardOf[tensor] ?? 0,
    offsets: pattern.components.map(() => 0),
  }));
}

function placesOf(
  { key, pattern, shard, offsets }: LaidOutTensor,
  files: readonly LayoutFile[],
): readonly ComponentPlace[] {
  const dataBegin = files[shard]?.head.byteLength ?? 0;
  return pattern.components.map(({ name, byteLength }, component) => ({
    file: shard,
    storedName: key + name,
    begin: dataBegin + (offsets[component] ?? 0),
    byteLength,
  }));
}

function indexed(
  laidOut: readonly LaidOutTensor[],
  order: readonly number[],
  fileNames: readonly string[],
): IndexedComponent[] {
  const components: IndexedComponent[] = [];
  for (const tensor of order) {
    const own = laidOut[tensor];
    if (own === undefined) continue;
    const shardName = fileNames[own.shard] ?? '';
    for (const { name } of own.pattern.byName) components.push({ key: own.key, component: name, shardName });
  }
  return components;
}

function partialBytes(tensors: readonly OutputTensor[], patterns: readonly TensorPattern[]): string[] {
  const problems: string[] = [];
  patterns.forEach(({ byteLength, components }, tensor) => {
    if (Number.isSafeInteger(byteLength) && components.every((component) => Number.isSafeInteger(component.byteLength)))
      return;
    problems.push(`${shown(tensors[tensor]?.name ?? '')} does not fill a whole number of bytes below 2^53`);
  });
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
