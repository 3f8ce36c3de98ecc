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
  return agree(index, shards) ? [] : disagreements(index, shards);
}

/** Whether each shard has just the tensors that the index lists for it. */
function agree({ tensorsOf }: ShardIndex, shards: readonly NamedShard[]): boolean {
  return (
    shards.length === tensorsOf.size &&
    shards.every(({ name, tensors }) => {
      const listed = tensorsOf.get(name) ?? [];
      const present = tensors.map((tensor) => tensor.name);
      // Mostly both are in the order of the file, or in that of the names.
      return sameNames(listed, present) || sameNames([...listed].sort(), present.sort());
    })
  );
}

function sameNames(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, at) => name === right[at]);
}

function disagreements({ tensorsOf }: ShardIndex, shards: readonly NamedShard[]): readonly string[] {
  const shardOf: Map<string, string> = new Map();
  for (const [shard, tensors] of tensorsOf) for (const tensor of tensors) shardOf.set(tensor, shard);
  const problems: string[] = [];
  for (const shard of shards) {
    for (const { name } of shard.tensors) {
      const listed = shardOf.get(name);
      if (listed === undefined) problems.push(`${shown(name)} is in ${shard.name} but not in the index`);
      else if (listed !== shard.name) problems.push(`${shown(name)} is in ${shard.name}, but the index says ${listed}`);
    }
  }
  const present: Map<string, Set<string>> = new Map(
    shards.map((shard) => [shard.name, new Set(shard.tensors.map(({ name }) => name))]),
  );
  const absent: string[] = [];
  for (const [shard, tensors] of tensorsOf) {
    const names = present.get(shard);
    if (names === undefined) absent.push(`${shard} is missing, which has ${tensors.length} tensor(s)`);
    for (const tensor of tensors)
      if (names?.has(tensor) === false) problems.push(`${shown(tensor)} is not in ${shard}`);
  }
  return [...problems, ...absent];
}

/** The first problems, and how many more there are. */
export function named(problems: readonly string[]): string {
  const more = problems.length > NAMED_PROBLEMS ? `; and ${problems.length - NAMED_PROBLEMS} more` : '';
  return `${problems.slice(0, NAMED_PROBLEMS).join('; ')}${more}`;
}
