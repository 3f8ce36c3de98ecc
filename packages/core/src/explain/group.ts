import type { Tier } from '../matcher/resolution.ts';
import type { ExplainedTensor } from './explain.ts';
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
/** A model's layers repeat a handful of fates in turn; only beyond these a fate is looked up by its text. */
const RECENT = 8;

/** Groups rows whose names are alike but for numbers and whose fate is the same; templates in order of first appearance. */
export function groupTensors(rows: readonly ExplainedTensor[]): readonly TensorGroup[] {
  const templates = createTemplates(createBuckets);
  for (const row of rows) {
    const byKey = templates.of(row.name).of(row);
    const { numbers } = templates;
    let members = byKey.get(row.key);
    if (members === undefined) {
      members = { rows: [], places: numbers.length, numbers: [], count: 0 };
      byKey.set(row.key, members);
    }
    members.rows.push(row);
    members.count += 1;
    for (const number of numbers) members.numbers.push(number);
  }
  return Array.from(templates.all, ([template, { all }]) =>
    all.flatMap(({ byKey }) => {
      const apart = [...byKey.values()];
      return (byKey.size <= KEYS_APART ? apart : [together(apart)]).flatMap((members) => groupsOf(template, members));
    }),
  ).flat();
}

/** Each row as a group of its own, to be sorted and shown like groups. */
export function singleGroups(rows: readonly ExplainedTensor[]): readonly TensorGroup[] {
  return rows.map((example) => {
    const { name, key, tier, bytesBefore, bytesAfter } = example;
    const keys = key === null ? [] : [{ key, tier, count: 1 }];
    return { pattern: name, names: 1, example, count: 1, keys, bytesBefore, bytesAfter };
  });
}

/** Rows of one template and one fate, by key. */
interface Bucket {
  readonly example: ExplainedTensor;
  readonly byKey: Map<string | null, Members>;
}

/** The buckets of one template. */
interface Buckets {
  /** In order of first appearance. */
  readonly all: readonly Bucket[];
  readonly of: (row: ExplainedTensor) => Bucket['byKey'];
}

interface Members extends NameNumbers {
  readonly rows: ExplainedTensor[];
}

function createBuckets(): Buckets {
  const all: Bucket[] = [];
  const recent: Bucket[] = [];
  const known: Map<string, Bucket> = new Map();
  const of = (row: ExplainedTensor): Bucket['byKey'] => {
    for (const bucket of recent) if (sameFate(bucket.example, row)) return bucket.byKey;
    const { outcome, config, summary, kind, dtype, reason, because, shape } = row;
    const identity = JSON.stringify([outcome, config, summary, kind, dtype, reason, because, shape]);
    let bucket = known.get(identity);
    if (bucket === undefined) {
      bucket = { example: row, byKey: new Map() };
      known.set(identity, bucket);
      all.push(bucket);
    }
    recent.unshift(bucket);
    recent.length = Math.min(recent.length, RECENT);
    return bucket.byKey;
  };
  return { all, of };
}

function together(parts: readonly Members[]): Members {
  const numbers: number[] = [];
  for (const part of parts) for (const number of part.numbers) numbers.push(number);
  const rows = parts.flatMap((part) => part.rows);
  return { rows, places: parts[0]?.places ?? 0, numbers, count: rows.length };
}

/** Equal in all that a group shows, but for the key. */
function sameFate(left: ExplainedTensor, right: ExplainedTensor): boolean {
  return (
    left.outcome === right.outcome &&
    left.config === right.config &&
    left.summary === right.summary &&
    left.kind === right.kind &&
    left.dtype === right.dtype &&
    left.reason === right.reason &&
    left.because === right.because &&
    (left.shape === right.shape ||
      (left.shape.length === right.shape.length && left.shape.every((extent, axis) => extent === right.shape[axis])))
  );
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
  for (const { key, tier, bytesBefore, bytesAfter } of rows) {
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
