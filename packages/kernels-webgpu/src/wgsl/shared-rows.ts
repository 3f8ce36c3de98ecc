import { wgsl } from './wgsl.ts';
import type { ShaderFeatures } from './features.ts';
import { PREFILL_ROWS } from './tiles.ts';

/** How the lanes of a prefill workgroup, who all need the same rows of activations, come by them. */
export interface SharedRows {
  /** What a module begins with. */
  readonly head: string;
  /** Arguments of the entry point. */
  readonly inputs: string;
  /** Before all loops. */
  readonly before: string;
  /** Loads the vector that stands at `at` in each row. */
  readonly load: (at: string) => string;
  /** An expression for what was loaded of a row. */
  readonly row: (row: number) => string;
  /** Makes a number of each row loaded, by an expression of a vector: for `made`, which must be in the same block. */
  readonly make: (numberOf: (vector: string) => string) => string;
  readonly made: (row: number) => string;
}

/**
 * Every lane loads all rows: the addresses are the same for all, so that one load serves a subgroup. Where subgroups are narrow that
 * is dear: there each of four or eight lanes loads a row, and hands it to the others.
 *
 * @param stride Vectors in a row of `input`.
 */
export function sharedRows({ quads, octets }: ShaderFeatures, stride: string): SharedRows {
  if (octets) return amongLanes(8, 'subgroupBroadcast', stride);
  return quads ? amongLanes(4, 'quadBroadcast', stride) : byAll(stride);
}

function byAll(stride: string): SharedRows {
  const row = (i: number): string => `input[input${i} + at]`;
  return {
    ...{ head: '', inputs: '' },
    before: lines(PREFILL_ROWS, (i) => `let input${i} = min(firstRow + ${i}u, params.rows - 1u) * (${stride});`),
    load: (at) => `let at = ${at};`,
    row,
    make: (numberOf) => lines(PREFILL_ROWS, (i) => `let made${i} = ${numberOf(row(i))};`),
    made: (i) => `made${i}`,
  };
}

function amongLanes(lanes: 4 | 8, broadcast: string, stride: string): SharedRows {
  const own = PREFILL_ROWS / lanes;
  const given = (name: string, i: number): string => `${broadcast}(${name}${Math.floor(i / lanes)}, ${i % lanes}u)`;
  const ownRow = (i: number): string => `firstRow + ${lanes * i}u + (inSubgroup & ${lanes - 1}u)`;
  return {
    head: 'enable subgroups;\n',
    inputs: ', @builtin(subgroup_invocation_id) inSubgroup: u32',
    before: lines(own, (i) => `let input${i} = min(${ownRow(i)}, params.rows - 1u) * (${stride});`),
    load: (at) => wgsl`let at = ${at};
      ${lines(own, (i) => `let own${i} = input[input${i} + at];`)}`,
    row: (i) => given('own', i),
    make: (numberOf) => lines(own, (i) => `let made${i} = ${numberOf(`own${i}`)};`),
    made: (i) => given('made', i),
  };
}

function lines(count: number, line: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => line(at)).join('\n      ');
}
