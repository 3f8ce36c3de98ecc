import { InvalidCheckpointError, type JsonScanner } from '@fewbit/core';

import { scanCheckpointJson, shown } from '../json/checkpoint-json.ts';
import { checkShardName } from './checkpoint-files.ts';

/** An index lists each tensor once, so it is never longer than the headers together. */
export const MAX_INDEX_BYTES = 100_000_000;

/** The index's own file name, as transformers and the hub write it. */
export const INDEX_SUFFIX = '.safetensors.index.json';

/** What `model.safetensors.index.json` says, checked. */
export interface ShardIndex {
  /** File names in ascending order, as loaders read them. */
  readonly shards: readonly string[];
  /** Tensor name to shard name. */
  readonly weightMap: ReadonlyMap<string, string>;
}

/**
 * Parses an index. Members other than `weight_map` are passed over: `total_size` is informational, and often wrong.
 *
 * @throws InvalidCheckpointError for malformed JSON, a name that occurs twice, a shard outside the checkpoint.
 */
export function parseIndex(bytes: Uint8Array, where: string): ShardIndex {
  const scanner = scanCheckpointJson(decode(bytes, where), where, bytes);
  const names: Set<string> = new Set();
  const weightMap: Map<string, string> = new Map();
  if (scanner.openObject()) {
    do {
      const name = scanner.name();
      if (names.has(name)) scanner.fail(`the name ${shown(name)} occurs twice`);
      names.add(name);
      if (name === 'weight_map') readWeightMap(scanner, weightMap);
      else scanner.skip();
    } while (scanner.moreMembers());
  }
  scanner.end();
  if (!names.has('weight_map')) scanner.fail('the index has no "weight_map"');
  const shards = [...new Set(weightMap.values())].sort();
  if (shards.length === 0) scanner.fail('the "weight_map" is empty');
  for (const shard of shards) checkShardName(shard, where);
  return { shards, weightMap };
}

function readWeightMap(scanner: JsonScanner, weightMap: Map<string, string>): void {
  if (!scanner.openObject()) return;
  // Few shards, many tensors: one string for each shard rather than one for each tensor.
  const latest: string[] = [];
  let shard = '';
  do {
    const tensor = scanner.name();
    const before = weightMap.size;
    if (scanner.oneOf(latest) !== 0) latest[0] = shard = scanner.string();
    weightMap.set(tensor, shard);
    if (weightMap.size === before) scanner.fail(`the tensor ${shown(tensor)} occurs twice`);
  } while (scanner.moreMembers());
}

function decode(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new InvalidCheckpointError({ message: 'the index is not valid UTF-8', where, cause });
  }
}
