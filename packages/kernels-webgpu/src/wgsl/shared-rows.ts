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
 * is dear: there each of four lanes loads a row, and hands it to the other three.
 *
 * @param stride Vectors in a row of `input`.
 */
export function sharedRows({ quads }: ShaderFeatures, stride: string): SharedRows {
  return quads ? byQuads(stride) : byAll(stride);
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

function byQuads(stride: string): SharedRows {
  const own = PREFILL_ROWS / 4;
  return {
    head: 'enable subgroups;\n',
    inputs: ', @builtin(subgroup_invocation_id) inSubgroup: u32',
    before: lines(
      own,
      (i) => `let input${i} = min(firstRow + ${4 * i}u + (inSubgroup & 3u), params.rows - 1u) * (${stride});`,
    ),
    load: (at) => wgsl`let at = ${at};
      ${lines(own, (i) => `let own${i} = input[input${i} + at];`)}`,
    row: (i) => `quadBroadcast(own${i >> 2}, ${i & 3}u)`,
    make: (numberOf) => lines(own, (i) => `let made${i} = ${numberOf(`own${i}`)};`),
    made: (i) => `quadBroadcast(made${i >> 2}, ${i & 3}u)`,
  };
}

function lines(count: number, line: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => line(at)).join('\n      ');
}
