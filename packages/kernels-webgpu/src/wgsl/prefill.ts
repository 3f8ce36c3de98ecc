import { wgsl } from './wgsl.ts';
import { CODECS, type CodecName } from './codecs.ts';
import { BYTES, dotPiece } from './dot.ts';
import type { ShaderFeatures } from './features.ts';
import { FINISH_CODES, FINISH_EXACT, FINISH_FLOAT } from './finish.ts';
import type { IntegerKind } from './integer.ts';
import { linearBindings } from './interface.ts';
import { NUMBERS, STORED_FLOATS } from './numbers.ts';
import { STATISTICS } from './statistics.ts';
import { PREFILL_LANES, PREFILL_OUTPUTS, PREFILL_ROWS, PREFILL_STEP } from './tiles.ts';

/** For many rows of activations: tiles through workgroup memory (12 KiB at most), weights made f32 once for each tile. */
export function prefillFloat(codecName: CodecName): string {
  const codec = CODECS[codecName];
  const { perVector } = codec;
  return wgsl`${linearBindings('vec4<f32>')}${NUMBERS}${STORED_FLOATS}${STATISTICS}${codec.declarations}${FINISH_FLOAT}
var<workgroup> inputTile: array<vec4<f32>, ${(PREFILL_STEP * PREFILL_ROWS) / 4}>;
var<workgroup> weightTile: array<vec4<f32>, ${(PREFILL_STEP * PREFILL_OUTPUTS) / 4}>;
${main(
  'f32',
  '',
  wgsl`
    for (var t = lane; t < ${(PREFILL_ROWS * PREFILL_STEP) / 4}u; t += ${PREFILL_LANES}u) {
      let m = t % ${PREFILL_ROWS}u;
      inputTile[t] = input[min(firstRow + m, params.rows - 1u) * (params.stride / 4u) + step / 4u + t / ${PREFILL_ROWS}u];
    }
    for (var t = lane; t < ${(PREFILL_OUTPUTS * PREFILL_STEP) / perVector}u; t += ${PREFILL_LANES}u) {
      let n = t % ${PREFILL_OUTPUTS}u;
      let row = min(firstOut + n, params.outFeatures - 1u);
      let vector = t / ${PREFILL_OUTPUTS}u;
      let block = blockOf(row, step / ${perVector}u + vector);
      for (var quad = 0u; quad < ${perVector / 4}u; quad += 1u) {
        weightTile[(vector * ${perVector / 4}u + quad) * ${PREFILL_OUTPUTS}u + n] = quadOf(block, row, step / ${perVector}u + vector, quad);
      }
    }`,
  wgsl`
    // Rows are whole steps: the bound only keeps compilers from unrolling all of it, which takes some of them seconds.
    let end = min(${PREFILL_STEP / 4}u, (params.stride - step) / 4u);
    for (var quad = 0u; quad < end; quad += 1u) {
      ${own((j) => `let w${j} = weightTile[quad * ${PREFILL_OUTPUTS}u + ownOut + ${16 * j}u];`)}
      ${own((i) => `let x${i} = inputTile[quad * ${PREFILL_ROWS}u + ownRow + ${8 * i}u];`)}
      ${own((i) => `sums${i} += vec4<f32>(dot(x${i}, w0), dot(x${i}, w1), dot(x${i}, w2), dot(x${i}, w3));`)}
    }`,
)}`;
}

/** The same for activations in codes: the tiles hold words of four codes. */
export function prefillInteger(kind: IntegerKind, { packedDot }: ShaderFeatures): string {
  const words = PREFILL_STEP / 4;
  const exact = kind === 'exact';
  const offset = kind === 'int4' ? 8 : 0;
  const pieces = [
    linearBindings('vec4<u32>'),
    NUMBERS,
    STORED_FLOATS,
    STATISTICS,
    packedDot ? '' : BYTES,
    dotPiece(packedDot),
  ];
  const loadWeights =
    kind === 'int4'
      ? wgsl`
    for (var t = lane; t < ${PREFILL_OUTPUTS}u; t += ${PREFILL_LANES}u) {
      let row = min(firstOut + t, params.outFeatures - 1u);
      let block = weights[row * (params.stride / 32u) + step / 32u];
      for (var i = 0u; i < 4u; i += 1u) {
        weightTile[2u * i * ${PREFILL_OUTPUTS}u + t] = block[i] & 0x0f0f0f0fu;
        weightTile[(2u * i + 1u) * ${PREFILL_OUTPUTS}u + t] = (block[i] >> 4u) & 0x0f0f0f0fu;
      }
    }`
      : wgsl`
    for (var t = lane; t < ${2 * PREFILL_OUTPUTS}u; t += ${PREFILL_LANES}u) {
      let n = t % ${PREFILL_OUTPUTS}u;
      let half = t / ${PREFILL_OUTPUTS}u;
      let row = min(firstOut + n, params.outFeatures - 1u);
      let block = weights[row * (params.stride / 16u) + step / 16u + half];
      for (var i = 0u; i < 4u; i += 1u) {
        weightTile[(4u * half + i) * ${PREFILL_OUTPUTS}u + n] = block[i];
      }
    }`;
  const dots = (target: string): string => wgsl`
        let w = ${ownWeights('word')};
        ${own((i) => `let x${i} = inputTile[word * ${PREFILL_ROWS}u + ownRow + ${8 * i}u];`)}
        ${own((i) => `${target}${i} += vec4<i32>(dot4(x${i}, w.x), dot4(x${i}, w.y), dot4(x${i}, w.z), dot4(x${i}, w.w));`)}`;
  const accumulate = exact
    ? wgsl`
      for (var word = 0u; word < ${words}u; word += 1u) {${dots('sums')}
      }`
    : wgsl`
      for (var span = 0u; span < ${words}u; span += params.spanWords) {
        ${own((i) => `var products${i} = vec4<i32>();`)}
        var inputSums = vec4<i32>();
        var weightSums = vec4<i32>();
        for (var word = span; word < span + params.spanWords; word += 1u) {${dots('products')}
          inputSums += vec4<i32>(${[0, 1, 2, 3].map((i) => `dot4(x${i}, 0x01010101u)`).join(', ')});
          weightSums += vec4<i32>(dot4(w.x, 0x01010101u), dot4(w.y, 0x01010101u), dot4(w.z, 0x01010101u), dot4(w.w, 0x01010101u));
        }
        var scale: vec4<f32>;
        var weightZero: vec4<i32>;
        for (var j = 0u; j < 4u; j += 1u) {
          let at = statisticOf(min(firstOut + ownOut + 16u * j, params.outFeatures - 1u), step + 4u * span);
          scale[j] = scaleAt(at);
          weightZero[j] = zeroAt(at) + ${offset};
        }
        let rest = inputSums - 4 * i32(params.spanWords) * zero;
        ${own((i) => `sums${i} += scale * vec4<f32>(products${i} - zero[${i}] * weightSums - weightZero * rest[${i}]);`)}
      }`;
  return wgsl`${pieces.join('')}${exact ? FINISH_EXACT : FINISH_CODES}
var<workgroup> inputTile: array<u32, ${words * PREFILL_ROWS}>;
var<workgroup> weightTile: array<u32, ${words * PREFILL_OUTPUTS}>;
${main(
  exact ? 'i32' : 'f32',
  exact
    ? ''
    : wgsl`
  var zero: vec4<i32>;
  for (var i = 0u; i < 4u; i += 1u) {
    zero[i] = rowScales[min(firstRow + ownRow + 8u * i, params.rows - 1u)].zero;
  }`,
  wgsl`
    for (var t = lane; t < ${2 * PREFILL_ROWS}u; t += ${PREFILL_LANES}u) {
      let m = t % ${PREFILL_ROWS}u;
      let half = t / ${PREFILL_ROWS}u;
      let x = input[min(firstRow + m, params.rows - 1u) * (params.stride / 16u) + step / 16u + half];
      for (var i = 0u; i < 4u; i += 1u) {
        inputTile[(4u * half + i) * ${PREFILL_ROWS}u + m] = x[i];
      }
    }${loadWeights}`,
  accumulate,
)}`;
}

// For each of a lane's four rows, or outputs. In variables of their own: not every compiler unrolls a loop over an array of them.
function own(line: (row: number) => string): string {
  return [0, 1, 2, 3].map(line).join('\n        ');
}

// Neighbouring lanes read neighbouring words of the tile.
function ownWeights(k: string): string {
  const at = [0, 1, 2, 3].map((j) => `weightTile[${k} * ${PREFILL_OUTPUTS}u + ownOut + ${16 * j}u]`);
  return `vec4(${at.join(', ')})`;
}

function main(type: 'f32' | 'i32', before: string, load: string, accumulate: string): string {
  return wgsl`
@compute @workgroup_size(${PREFILL_LANES})
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let tile = params.firstTile + group.x + group.y * grid.x;
  let across = (params.cover + ${PREFILL_OUTPUTS - 1}u) / ${PREFILL_OUTPUTS}u;
  let firstOut = tile % across * ${PREFILL_OUTPUTS}u;
  let firstRow = tile / across * ${PREFILL_ROWS}u;
  if (firstRow >= params.rows) {
    return;
  }
  let ownOut = lane % 16u;
  let ownRow = lane / 16u;
  ${own((i) => `var sums${i} = vec4<${type}>();`)}${before}
  for (var step = 0u; step < params.stride; step += ${PREFILL_STEP}u) {
    workgroupBarrier();${load}
    workgroupBarrier();${accumulate}
  }
  ${own((i) => `store(sums${i}, firstRow + ownRow + ${8 * i}u, firstOut + ownOut);`)}
}

fn store(sums: vec4<${type}>, row: u32, firstOut: u32) {
  for (var j = 0u; j < 4u; j += 1u) {
    let out = firstOut + 16u * j;
    if (row < params.rows && out < params.cover) {
      output[row * params.outStride + params.firstOut + out] = finish(sums[j], out, row);
    }
  }
}
`;
}
