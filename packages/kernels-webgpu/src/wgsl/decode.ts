import { wgsl } from './wgsl.ts';
import { CODECS, type CodecName } from './codecs.ts';
import { integerPieces, type IntegerKind } from './integer.ts';
import type { ShaderFeatures } from './features.ts';
import { FINISH_CODES, FINISH_EXACT, FINISH_FLOAT } from './finish.ts';
import { linearBindings } from './interface.ts';
import { NUMBERS, storedFloats } from './numbers.ts';
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
  return wgsl`${head(features)}${linearBindings('vec4<f32>')}${NUMBERS}${storedFloats(features.f16)}${STATISTICS}${codec.declarations}${FINISH_FLOAT}${main(
    'f32',
    rows,
    features,
    wgsl`
  for (var vector = lane; vector < params.stride / ${codec.perVector}u; vector += ${DECODE_LANES}u) {
    ${outputs((out) => `let block${out} = blockOf(row${out}, vector);`)}
    for (var quad = 0u; quad < ${quads}u; quad += 1u) {
      ${outputs((out) => `let weights${out} = quadOf(block${out}, row${out}, vector, quad);`)}
      ${inputs(
        rows,
        (m) => wgsl`{
        let x = input[min(${m}u, params.rows - 1u) * (params.inStride / 4u) + vector * ${quads}u + quad];
        sums${m} += vec4<f32>(${list((out) => `dot(x, weights${out})`)});
      }`,
      )}
    }
  }`,
  )}`;
}

/** The same for activations in codes: exact sums of integers, of a whole row or of each group of it. */
export function decodeInteger(kind: IntegerKind, rows: number, features: ShaderFeatures): string {
  const { perVector, declarations } = integerPieces(kind, features);
  const inputVectors = perVector / 16;
  const exact = kind === 'exact';
  const body = (m: number): string => wgsl`{
      let at = min(${m}u, params.rows - 1u) * (params.stride / 16u) + vector * ${inputVectors}u;
      let x = Activations(${inputVectors === 1 ? 'input[at]' : 'input[at], input[at + 1u]'});
      ${exact ? addTotals(m) : addScaled(m)}
    }`;
  return wgsl`${head(features)}${linearBindings('vec4<u32>')}${NUMBERS}${storedFloats(features.f16)}${STATISTICS}${declarations}${exact ? FINISH_EXACT : FINISH_CODES}${main(
    exact ? 'i32' : 'f32',
    rows,
    features,
    wgsl`
  for (var vector = lane; vector < params.stride / ${perVector}u; vector += ${DECODE_LANES}u) {
    ${outputs((out) => `let words${out} = weights[row${out} * (params.stride / ${perVector}u) + vector];`)}
    ${exact ? '' : outputs((out) => `let statistics${out} = statisticsOf(row${out}, vector);`)}
    ${inputs(rows, body)}
  }`,
  )}`;
}

function addTotals(m: number): string {
  return `sums${m} += vec4<i32>(${list((out) => `total(dotsOf(x, words${out}))`)});`;
}

function addScaled(m: number): string {
  return wgsl`let zero = rowScales[min(${m}u, params.rows - 1u)].zero;
      let inputSums = sumsOf(x);
      sums${m} += vec4<f32>(${list((out) => `scaled4(x, inputSums, zero, words${out}, statistics${out})`)});`;
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
  ${inputs(rows, (m) => `var sums${m} = vec4<${type}>();`)}
${loop}
  ${inputs(rows, (m) => `store(sumOfLanes(sums${m}, ${lanes.value}), lane, first, ${m}u);`)}
}

fn store(sums: vec4<${type}>, lane: u32, first: u32, row: u32) {
  if (row < params.rows && lane < ${DECODE_OUTPUTS}u && first + lane < params.cover) {
    output[row * params.outStride + params.firstOut + first + lane] = finish(sums[lane], first + lane, row);
  }
}
`;
}

function outputs(line: (out: number) => string): string {
  return Array.from({ length: DECODE_OUTPUTS }, (_, out) => line(out)).join('\n    ');
}

/** For each row of activations. In variables of their own: not every compiler unrolls a loop over an array of them. */
function inputs(rows: number, line: (m: number) => string): string {
  return Array.from({ length: rows }, (_, m) => line(m)).join('\n    ');
}

function list(expression: (out: number) => string): string {
  return Array.from({ length: DECODE_OUTPUTS }, (_, out) => expression(out)).join(', ');
}
