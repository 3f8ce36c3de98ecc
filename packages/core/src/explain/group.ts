import type { ExplainedTensor } from './explain.ts';

/** Rows that differ only in the numbers inside their names, as one. */
export interface TensorGroup {
  /** `model.layers.{0-31}.mlp.up_proj.weight`; `*` where the numbers do not fill a range or combine freely. */
  readonly pattern: string;
  /** The first of them: dtype, shape, kind, key, config and reason are the same for all. */
  readonly example: ExplainedTensor;
  readonly count: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number | null;
}

/** Groups rows whose names are alike but for numbers and whose fate is the same, in order of first appearance. */
export function groupTensors(rows: readonly ExplainedTensor[]): readonly TensorGroup[] {
  const groups: Map<string, { rows: ExplainedTensor[]; numbers: number[][] }> = new Map();
  for (const row of rows) {
    const parts = row.name.split('.');
    const numbers = parts.filter(isNumber).map(Number);
    const template = parts.map((part) => (isNumber(part) ? '#' : part)).join('.');
    const { dtype, shape, kind, tier, key, config, reason } = row;
    const identity = JSON.stringify([template, dtype, shape, kind, tier, key, config, reason]);
    const group = groups.get(identity) ?? { rows: [], numbers: [] };
    group.rows.push(row);
    group.numbers.push(numbers);
    groups.set(identity, group);
  }
  return [...groups.values()].flatMap(({ rows: members, numbers }) => {
    const example = members[0];
    if (example === undefined) return [];
    const after = members.map((row) => row.bytesAfter);
    return [
      {
        pattern: patternOf(example.name, numbers),
        example,
        count: members.length,
        bytesBefore: members.reduce((sum, row) => sum + row.bytesBefore, 0),
        bytesAfter: after.includes(null) ? null : after.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0),
      },
    ];
  });
}

function patternOf(name: string, numbers: readonly (readonly number[])[]): string {
  const positions = numbers[0]?.length ?? 0;
  const values = Array.from({ length: positions }, (_, at) => [...new Set(numbers.map((list) => list[at] ?? 0))]);
  // Names of one template are distinct, so as many of them as combinations means every combination is there.
  const complete = values.reduce((product, list) => product * list.length, 1) === numbers.length;
  let at = 0;
  return name
    .split('.')
    .map((part) => {
      if (!isNumber(part)) return part;
      const list = values[at] ?? [];
      at += 1;
      if (list.length === 1) return part;
      return complete ? rangeOf(list) : '*';
    })
    .join('.');
}

function rangeOf(values: readonly number[]): string {
  const low = values.reduce((least, value) => Math.min(least, value));
  const high = values.reduce((most, value) => Math.max(most, value));
  return high - low + 1 === values.length ? `{${low}-${high}}` : '*';
}

function isNumber(part: string): boolean {
  return /^\d{1,9}$/.test(part);
}
