import { wgsl } from './wgsl.ts';
import { DECODE_LANES } from './tiles.ts';

/**
 * The sum over all lanes of a decode workgroup, in every lane, for four outputs at a time. Calls must be in uniform control flow.
 *
 * With subgroups each one adds up by itself and their sums are added in order, so that a result is the same each time. Of the
 * mapping of lanes to subgroups it assumes that they follow each other; the self-test checks what comes of it.
 */
export function reducePiece(subgroups: boolean, type: 'f32' | 'i32'): string {
  const head = wgsl`
var<workgroup> partial: array<vec4<${type}>, ${DECODE_LANES}>;
`;
  if (subgroups) {
    return wgsl`${head}
fn sumOfLanes(value: vec4<${type}>, lanes: Lanes) -> vec4<${type}> {
  let own = subgroupAdd(value);
  workgroupBarrier();
  if (lanes.inSubgroup == 0u) {
    partial[lanes.lane / lanes.subgroupSize] = own;
  }
  workgroupBarrier();
  var sum = partial[0];
  for (var i = 1u; i < ${DECODE_LANES}u / lanes.subgroupSize; i += 1u) {
    sum += partial[i];
  }
  return sum;
}
`;
  }
  return wgsl`${head}
fn sumOfLanes(value: vec4<${type}>, lanes: Lanes) -> vec4<${type}> {
  workgroupBarrier();
  partial[lanes.lane] = value;
  for (var half = ${DECODE_LANES / 2}u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (lanes.lane < half) {
      partial[lanes.lane] += partial[lanes.lane + half];
    }
  }
  workgroupBarrier();
  return partial[0];
}
`;
}

/** Where an invocation stands, as an argument of the entry point and as a value. */
export function lanesPiece(subgroups: boolean): {
  readonly declaration: string;
  readonly inputs: string;
  readonly value: string;
} {
  return {
    declaration: wgsl`
struct Lanes {
  lane: u32,
  inSubgroup: u32,
  subgroupSize: u32,
}
`,
    inputs: subgroups
      ? ', @builtin(subgroup_invocation_id) inSubgroup: u32, @builtin(subgroup_size) subgroupSize: u32'
      : '',
    value: subgroups ? 'Lanes(lane, inSubgroup, subgroupSize)' : 'Lanes(lane, 0u, 1u)',
  };
}
