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
  /** The names of each shard's tensors, in the order of the index. */
  readonly tensors: ReadonlyMap<string, readonly string[]>;
}

/**
 * Parses an index. Members other than `weight_map` are passed over: `total_size` is informational, and often wrong.
 *
 * @throws InvalidCheckpointError for malformed JSON, a name that occurs twice, a shard outside the checkpoint.
 */
export function parseIndex(bytes: Uint8Array, where: string): ShardIndex {
  const scanner = scanCheckpointJson(decode(bytes, where), where, bytes);
  const names: Set<string> = new Set();
  const tensors: Map<string, string[]> = new Map();
  if (scanner.openObject()) {
    do {
      const name = scanner.name();
      if (names.has(name)) scanner.fail(`the name ${shown(name)} occurs twice`);
      names.add(name);
      if (name === 'weight_map') readWeightMap(scanner, tensors);
      else scanner.skip();
    } while (scanner.moreMembers());
  }
  scanner.end();
  if (!names.has('weight_map')) scanner.fail('the index has no "weight_map"');
  const shards = [...tensors.keys()].sort();
  if (shards.length === 0) scanner.fail('the "weight_map" is empty');
  for (const shard of shards) checkShardName(shard, where);
  return { shards, tensors };
}

function readWeightMap(scanner: JsonScanner, tensors: Map<string, string[]>): void {
  if (!scanner.openObject()) return;
  const names = scanner.distinctNames();
  // Few shards, many tensors: a shard's name is looked up only where it is not the one before.
  const latest: string[] = [];
  let ofShard: string[] = [];
  do {
    const place = scanner.valuePosition();
    const tensor = scanner.name();
    names.add(place);
    if (scanner.oneOf(latest) !== 0) {
      const shard = scanner.string();
      latest[0] = shard;
      ofShard = tensors.get(shard) ?? [];
      tensors.set(shard, ofShard);
    }
    ofShard.push(tensor);
  } while (scanner.moreMembers());
  scanner.reportDuplicates(names);
}

function decode(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new InvalidCheckpointError({ message: 'the index is not valid UTF-8', where, cause });
  }
}
