import { wgsl } from './wgsl.ts';
import { CODECS, type CodecName } from './codecs.ts';
import { integerPieces, type IntegerKind } from './integer.ts';
import type { ShaderFeatures } from './features.ts';
import { FINISH_CODES, FINISH_EXACT, FINISH_FLOAT } from './finish.ts';
import { linearBindings } from './interface.ts';
import { NUMBERS, STORED_FLOATS } from './numbers.ts';
import { lanesPiece, reducePiece } from './reduce.ts';
import { STATISTICS } from './statistics.ts';
import { DECODE_LANES, DECODE_OUTPUTS } from './tiles.ts';

/**
 * For few rows of activations: a workgroup makes DECODE_OUTPUTS results for each of `rows` rows. Lanes read consecutive vectors
 * of sixteen bytes of the weight; each activation that a lane loads serves all outputs, each weight all rows.
 */
export function decodeFloat(codecName: CodecName, rows: number, features: ShaderFeatures): string {
  const codec = CODECS[codecName];
  const quads = codec.perVector / 4;
  return wgsl`${head(features)}${linearBindings('vec4<f32>')}${NUMBERS}${STORED_FLOATS}${STATISTICS}${codec.declarations}${FINISH_FLOAT}${main(
    'f32',
    rows,
    features,
    wgsl`
  for (var vector = lane; vector < params.stride / ${codec.perVector}u; vector += ${DECODE_LANES}u) {
    ${outputs((out) => `let block${out} = blockOf(row${out}, vector);`)}
    for (var quad = 0u; quad < ${quads}u; quad += 1u) {
      ${outputs((out) => `let weights${out} = quadOf(block${out}, row${out}, vector, quad);`)}
      for (var m = 0u; m < ${rows}u; m += 1u) {
        let x = input[min(m, params.rows - 1u) * (params.stride / 4u) + vector * ${quads}u + quad];
        sums[m] += vec4<f32>(${list((out) => `dot(x, weights${out})`)});
      }
    }
  }`,
  )}`;
}

/** The same for activations in codes: exact sums of integers, of a whole row or of each group of it. */
export function decodeInteger(kind: IntegerKind, rows: number, features: ShaderFeatures): string {
  const { perVector, declarations } = integerPieces(kind, features);
  const inputVectors = perVector / 16;
  const exact = kind === 'exact';
  const load = wgsl`
      let at = min(m, params.rows - 1u) * (params.stride / 16u) + vector * ${inputVectors}u;
      let x = Activations(${inputVectors === 1 ? 'input[at]' : 'input[at], input[at + 1u]'});`;
  const body = exact
    ? wgsl`${load}
      sums[m] += vec4<i32>(${list((out) => `total(dotsOf(x, words${out}))`)});`
    : wgsl`${load}
      let zero = rowScales[min(m, params.rows - 1u)].zero;
      let inputSums = sumsOf(x);
      sums[m] += vec4<f32>(${list((out) => `scaled4(x, inputSums, zero, words${out}, statistics${out})`)});`;
  return wgsl`${head(features)}${linearBindings('vec4<u32>')}${NUMBERS}${STORED_FLOATS}${STATISTICS}${declarations}${exact ? FINISH_EXACT : FINISH_CODES}${main(
    exact ? 'i32' : 'f32',
    rows,
    features,
    wgsl`
  for (var vector = lane; vector < params.stride / ${perVector}u; vector += ${DECODE_LANES}u) {
    ${outputs((out) => `let words${out} = weights[row${out} * (params.stride / ${perVector}u) + vector];`)}
    ${exact ? '' : outputs((out) => `let statistics${out} = statisticsOf(row${out}, vector);`)}
    for (var m = 0u; m < ${rows}u; m += 1u) {${body}
    }
  }`,
  )}`;
}

function head({ subgroups }: ShaderFeatures): string {
  return subgroups ? 'enable subgroups;\n' : '';
}

function main(type: 'f32' | 'i32', rows: number, { subgroups }: ShaderFeatures, loop: string): string {
  const lanes = lanesPiece(subgroups);
  return wgsl`${lanes.declaration}${reducePiece(subgroups, type)}
@compute @workgroup_size(${DECODE_LANES})
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>${lanes.inputs}) {
  let first = (params.firstTile + group.x + group.y * grid.x) * ${DECODE_OUTPUTS}u;
  if (first >= params.cover) {
    return;
  }
  let last = params.outFeatures - 1u;
  ${outputs((out) => `let row${out} = min(first + ${out}u, last);`)}
  var sums: array<vec4<${type}>, ${rows}>;
${loop}
  for (var m = 0u; m < ${rows}u; m += 1u) {
    let sum = sumOfLanes(sums[m], ${lanes.value});
    if (m < params.rows && lane < ${DECODE_OUTPUTS}u && first + lane < params.cover) {
      output[m * params.outStride + params.firstOut + first + lane] = finish(sum[lane], first + lane, m);
    }
  }
}
`;
}

function outputs(line: (out: number) => string): string {
  return Array.from({ length: DECODE_OUTPUTS }, (_, out) => line(out)).join('\n    ');
}

function list(expression: (out: number) => string): string {
  return Array.from({ length: DECODE_OUTPUTS }, (_, out) => expression(out)).join(', ');
}
