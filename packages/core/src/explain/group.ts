import type { Tier } from '../matcher/resolution.ts';
import type { Family, Siblings } from '../matcher/siblings.ts';
import { fateOf, type ExplainedTensor } from './explain.ts';
import type { Fate } from './fate.ts';
import { createTemplates, patternsOf, type NameNumbers, type NamePattern } from './name-patterns.ts';

/** Rows that differ only in the numbers inside their names, as one. */
export interface TensorGroup {
  /** `model.layers.{0-2,4}.mlp.experts.{0-255}.up_proj.weight`: each of the numbers with each. */
  readonly pattern: string;
  /** How many names the pattern stands for: more than `count` where the numbers do not combine freely. */
  readonly names: number;
  /** The first of them: dtype, shape, kind, config and reason are the same for all; the key too where `keys` has one. */
  readonly example: ExplainedTensor;
  readonly count: number;
  /** The deciding keys, in order of first appearance; empty when none decides. */
  readonly keys: readonly GroupKey[];
  readonly bytesBefore: number;
  readonly bytesAfter: number | null;
}

/** A key that decides some tensors of a group. */
export interface GroupKey {
  readonly key: string;
  readonly tier: Tier;
  readonly count: number;
}

/** With more keys, tensors of one fate are shown together: a recipe with a key for each expert has thousands. */
const KEYS_APART = 3;

/**
 * Groups rows whose names are alike but for numbers and whose fate is the same; templates in order of first appearance.
 *
 * @param siblings Of the same rows, all of them, where they were gathered: then not each name has to be read.
 */
export function groupTensors(
  rows: readonly ExplainedTensor[],
  siblings: readonly Siblings[] | null = null,
): readonly TensorGroup[] {
  const byTemplate = siblings === null ? gatherByName(rows) : gatherBySiblings(rows, siblings);
  return Array.from(byTemplate, ([template, { all }]) =>
    all.flatMap(({ byKey }) => {
      const apart = [...byKey.values()];
      return (byKey.size <= KEYS_APART ? apart : [together(apart)]).flatMap((members) => groupsOf(template, members));
    }),
  ).flat();
}

function gatherByName(rows: readonly ExplainedTensor[]): ReadonlyMap<string, Buckets> {
  const templates = createTemplates(createBuckets);
  for (const row of rows) {
    const buckets = templates.of(row.name);
    add(row, buckets.of(fateOf(row), templates.numbers.length), templates.numbers);
  }
  return templates.all;
}

/** What a member of a family adds to what its siblings' names begin with. */
interface Place {
  readonly buckets: Buckets;
  readonly numbers: readonly number[];
}

function gatherBySiblings(
  rows: readonly ExplainedTensor[],
  siblings: readonly Siblings[],
): ReadonlyMap<string, Buckets> {
  const templates = createTemplates(createBuckets);
  const fronts = createTemplates(() => new Map<Family, readonly Place[]>());
  for (const { front, first, family } of siblings) {
    const families = fronts.of(front);
    const { numbers } = fronts;
    let places = families.get(family);
    if (places === undefined) {
      // A front ends with a dot, so no number goes on behind it.
      places = family.members.map(({ rest }) => {
        const buckets = templates.of(front + rest);
        return { buckets, numbers: templates.numbers.slice(numbers.length) };
      });
      families.set(family, places);
    }
    let index = first;
    for (const { buckets, numbers: more } of places) {
      const row = rows[index];
      index += 1;
      if (row === undefined) continue;
      const members = buckets.of(fateOf(row), numbers.length + more.length);
      add(row, members, numbers);
      for (const number of more) members.numbers.push(number);
    }
  }
  return templates.all;
}

function add(row: ExplainedTensor, members: Members, numbers: readonly number[]): void {
  members.rows.push(row);
  members.count += 1;
  for (const number of numbers) members.numbers.push(number);
}

/** Each row as a group of its own, to be sorted and shown like groups. */
export function singleGroups(rows: readonly ExplainedTensor[]): readonly TensorGroup[] {
  return rows.map((example) => {
    const { name, key, tier, bytesBefore, bytesAfter } = example;
    const keys = key === null ? [] : [{ key, tier, count: 1 }];
    return { pattern: name, names: 1, example, count: 1, keys, bytesBefore, bytesAfter };
  });
}

/** Rows of one template that look the same, by key. */
interface Bucket {
  readonly byKey: Map<string | null, Members>;
}

/** The buckets of one template. */
interface Buckets {
  /** In order of first appearance. */
  readonly all: readonly Bucket[];
  /** The rows to which one of this fate belongs. */
  readonly of: (fate: Fate, places: number) => Members;
}

interface Members extends NameNumbers {
  readonly rows: ExplainedTensor[];
}

function createBuckets(): Buckets {
  const all: Bucket[] = [];
  const byLook: Map<string, Bucket> = new Map();
  // Most rows share their fate with many, and what it looks like is then written out once.
  const byFate: Map<Fate, Members> = new Map();
  const membersOf = (fate: Fate, places: number): Members => {
    const look = lookOf(fate);
    let bucket = byLook.get(look);
    if (bucket === undefined) {
      bucket = { byKey: new Map() };
      byLook.set(look, bucket);
      all.push(bucket);
    }
    let members = bucket.byKey.get(fate.key);
    if (members === undefined) {
      members = { rows: [], places, numbers: [], count: 0 };
      bucket.byKey.set(fate.key, members);
    }
    return members;
  };
  let last: Fate | null = null;
  let lastMembers: Members = { rows: [], places: 0, numbers: [], count: 0 };
  const of = (fate: Fate, places: number): Members => {
    if (fate === last) return lastMembers;
    let members = byFate.get(fate);
    if (members === undefined) byFate.set(fate, (members = membersOf(fate, places)));
    last = fate;
    return (lastMembers = members);
  };
  return { all, of };
}

/** Equal for fates that are equal in all that a group shows, but for the key. */
function lookOf({ outcome, config, summary, kind, dtype, reason, because, shape }: Fate): string {
  return JSON.stringify([outcome, config, summary, kind, dtype, reason, because, shape]);
}

function together(parts: readonly Members[]): Members {
  const numbers: number[] = [];
  for (const part of parts) for (const number of part.numbers) numbers.push(number);
  const rows = parts.flatMap((part) => part.rows);
  return { rows, places: parts[0]?.places ?? 0, numbers, count: rows.length };
}

function groupsOf(template: string, members: Members): TensorGroup[] {
  return patternsOf(template, members).map((pattern) =>
    groupOf(pattern.members?.flatMap((row) => members.rows[row] ?? []) ?? members.rows, pattern),
  );
}

function groupOf(rows: readonly ExplainedTensor[], { pattern, names }: NamePattern): TensorGroup {
  const [example] = rows;
  if (example === undefined) throw new RangeError('a group of no tensors');
  const keys: Map<string, GroupKey & { count: number }> = new Map();
  let last: (GroupKey & { count: number }) | undefined;
  let before = 0;
  let after: number | null = 0;
  for (const row of rows) {
    const { key, tier, bytesBefore, bytesAfter } = fateOf(row);
    before += bytesBefore;
    after = after === null || bytesAfter === null ? null : after + bytesAfter;
    if (key === null) continue;
    // Rows of one key stand together.
    if (last?.key !== key) {
      last = keys.get(key) ?? { key, tier, count: 0 };
      keys.set(key, last);
    }
    last.count += 1;
  }
  return {
    pattern,
    names,
    example,
    count: rows.length,
    keys: [...keys.values()],
    bytesBefore: before,
    bytesAfter: after,
  };
}
