import type { OutputTensor } from '@fewbit/core';

import { groupShards, shardNames } from './group-shards.ts';
import { nameComponents } from './stored-names.ts';
import { createPatternCache, type TensorPattern } from './tensor-pattern.ts';
import { createTextLengths, type TextLengths } from './text-lengths.ts';

/**
 * Everything that is known of the tensors of a layout, as columns by the tensor's index: with 100,000 tensors of three
 * components each, an object for every fact would cost more time than all the writing.
 */
export interface LayoutTable {
  readonly tensors: readonly OutputTensor[];
  readonly patterns: readonly TensorPattern[];
  readonly lengths: TextLengths;
  /** Indices of all tensors in the order of their stored names. */
  readonly order: Uint32Array;
  readonly shards: readonly ShardTable[];
  /** Index of each tensor's shard. */
  readonly shardOf: Uint32Array;
  /** Where a tensor's components begin in `offsets`. */
  readonly firstComponent: Uint32Array;
  /** For each component of each tensor, its first byte from the end of the header: filled when headers are written. */
  readonly offsets: Float64Array;
  /** False when no tensor is quantized. */
  readonly flattened: boolean;
}

export interface ShardTable {
  /** The file's name. */
  readonly name: string;
  /** Indices of its tensors in the order in which they were given. */
  readonly given: readonly number[];
  /** The same in the order of their stored names. */
  readonly sorted: readonly number[];
}

/** @param refuse Called with everything that stands against writing these tensors; does not return if there is any. */
export function createLayoutTable(
  tensors: readonly OutputTensor[],
  maxShardBytes: number,
  refuse: (problems: readonly string[]) => void,
): LayoutTable {
  const patterns = tensors.map(createPatternCache());
  const names = nameComponents(tensors, patterns, refuse);
  const { order } = names;
  const groups = groupShards(
    patterns.map(({ byteLength }) => byteLength),
    maxShardBytes,
  );
  const shardOf = new Uint32Array(tensors.length);
  groups.forEach((given, shard) => {
    for (const tensor of given) shardOf[tensor] = shard;
  });
  const sorted: number[][] = groups.map(() => []);
  order.forEach((tensor) => sorted[shardOf[tensor] ?? 0]?.push(tensor));
  const fileNames = shardNames(groups.length);
  const firstComponent = new Uint32Array(tensors.length);
  let components = 0;
  patterns.forEach((pattern, tensor) => {
    firstComponent[tensor] = components;
    components += pattern.components.length;
  });
  return {
    tensors,
    patterns,
    lengths: createTextLengths(tensors, names),
    order,
    shards: groups.map((given, shard) => ({ name: fileNames[shard] ?? '', given, sorted: sorted[shard] ?? [] })),
    shardOf,
    firstComponent,
    offsets: new Float64Array(components),
    flattened: tensors.some(({ quantizer }) => quantizer !== null),
  };
}
