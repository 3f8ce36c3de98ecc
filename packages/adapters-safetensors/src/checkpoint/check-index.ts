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
  const problems: string[] = [];
  let found = 0;
  for (const shard of shards) {
    for (const { name } of shard.tensors) {
      const listed = index.weightMap.get(name);
      if (listed === shard.name) found += 1;
      else if (listed === undefined) problems.push(`${shown(name)} is in ${shard.name} but not in the index`);
      else problems.push(`${shown(name)} is in ${shard.name}, but the index says ${listed}`);
    }
  }
  if (found < index.weightMap.size) problems.push(...missing(index, shards));
  return problems;
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
  const absent: Map<string, number> = new Map();
  for (const [tensor, shard] of index.weightMap) {
    const names = present.get(shard);
    if (names === undefined) absent.set(shard, (absent.get(shard) ?? 0) + 1);
    else if (!names.has(tensor)) problems.push(`${shown(tensor)} is not in ${shard}`);
  }
  for (const [shard, count] of absent) problems.push(`${shard} is missing, which has ${count} tensor(s)`);
  return problems;
}
