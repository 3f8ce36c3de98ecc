import { InvalidCheckpointError, type StoredTensor } from '@fewbit/core';

import { shown } from '../json/checkpoint-json.ts';
import type { ShardIndex } from './index-file.ts';

/** How many problems an error names; it counts the others. */
const NAMED_PROBLEMS = 5;

export interface NamedShard {
  readonly name: string;
  readonly tensors: readonly StoredTensor[];
}

/**
 * Checks that index and headers agree: each tensor in the shard that the index says, once, and none beside.
 *
 * @throws InvalidCheckpointError with the first tensors for which they do not.
 */
export function checkIndex(index: ShardIndex, shards: readonly NamedShard[], where: string): void {
  const problems = indexProblems(index, shards);
  if (problems.length === 0) return;
  throw new InvalidCheckpointError({
    message: `the index and the shards disagree: ${named(problems)}`,
    where,
    hint: 'Fetch the index and all shards again, from one revision.',
  });
}

/** Everything on which index and headers disagree, in words. A shard that is not there at all is one problem. */
export function indexProblems(index: ShardIndex, shards: readonly NamedShard[]): readonly string[] {
  if (shards.length === index.tensors.size && shards.every((shard) => isAsListed(shard, index))) return [];
  const problems: string[] = [];
  const shardOf: Map<string, string> = new Map();
  for (const [shard, tensors] of index.tensors) for (const tensor of tensors) shardOf.set(tensor, shard);
  for (const shard of shards) {
    for (const { name } of shard.tensors) {
      const listed = shardOf.get(name);
      if (listed === undefined) problems.push(`${shown(name)} is in ${shard.name} but not in the index`);
      else if (listed !== shard.name) problems.push(`${shown(name)} is in ${shard.name}, but the index says ${listed}`);
    }
  }
  problems.push(...missing(index, shards));
  return problems;
}

/** Whether a shard has the tensors that the index says, each of which both name once. */
function isAsListed({ name, tensors }: NamedShard, index: ShardIndex): boolean {
  const listed = index.tensors.get(name);
  if (listed?.length !== tensors.length) return false;
  // Writers put both in one order, as long as all tensors of a shard have one dtype; comparing needs no hash of a name.
  if (tensors.every((tensor, at) => tensor.name === listed[at])) return true;
  const names: Set<string> = new Set(listed);
  return tensors.every((tensor) => names.has(tensor.name));
}

/** The first problems, and how many more there are. */
export function named(problems: readonly string[]): string {
  const more = problems.length > NAMED_PROBLEMS ? `; and ${problems.length - NAMED_PROBLEMS} more` : '';
  return `${problems.slice(0, NAMED_PROBLEMS).join('; ')}${more}`;
}

function missing(index: ShardIndex, shards: readonly NamedShard[]): string[] {
  const present: Map<string, Set<string>> = new Map(
    shards.map((shard) => [shard.name, new Set(shard.tensors.map(({ name }) => name))]),
  );
  const problems: string[] = [];
  for (const [shard, tensors] of index.tensors) {
    const names = present.get(shard);
    if (names === undefined) problems.push(`${shard} is missing, which has ${tensors.length} tensor(s)`);
    else for (const tensor of tensors) if (!names.has(tensor)) problems.push(`${shown(tensor)} is not in ${shard}`);
  }
  return problems;
}
