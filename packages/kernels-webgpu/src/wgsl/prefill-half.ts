import { CODECS, type CodecName } from './codecs.ts';
import { FINISH_FLOAT } from './finish.ts';
import { linearBindings } from './interface.ts';
import { NUMBERS, storedFloats } from './numbers.ts';
import { STATISTICS } from './statistics.ts';
import { PREFILL_OUTPUTS, PREFILL_ROWS } from './tiles.ts';
import { wgsl } from './wgsl.ts';

/** Each lane makes four rows of results by eight outputs. */
const ROWS = 4;
const OUTPUTS = 8;
const ROW_LANES = PREFILL_ROWS / ROWS;
const OUTPUT_LANES = PREFILL_OUTPUTS / OUTPUTS;
const LANES = ROW_LANES * OUTPUT_LANES;
/** Columns of a tile at a time: a vector of nibbles. */
const STEP = 32;

/**
 * Prefill where f16 may be used and subgroups are not narrow: tiles of activations and weights through workgroup memory, 9 KiB of f16 (f32 would take more than every
 * device has), of which each vector serves four or eight results. A weight is read and made f16 once for all rows of the tile. Both factors
 * are rounded once; products and sums are f32.
 */
export function prefillHalf(codecName: CodecName): string {
  const { perVector, declarations } = CODECS[codecName];
  const vectors = STEP / perVector;
  return wgsl`enable f16;
${linearBindings('vec4<f32>')}${NUMBERS}${storedFloats(true)}${STATISTICS}${declarations}${FINISH_FLOAT}
var<workgroup> inputTile: array<vec4<f16>, ${(STEP / 4) * PREFILL_ROWS}>;
var<workgroup> weightTile: array<vec4<f16>, ${(STEP / 4) * PREFILL_OUTPUTS}>;

@compute @workgroup_size(${LANES})
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let tile = params.firstTile + group.x + group.y * grid.x;
  let across = (params.cover + ${PREFILL_OUTPUTS - 1}u) / ${PREFILL_OUTPUTS}u;
  let firstOut = tile % across * ${PREFILL_OUTPUTS}u;
  let firstRow = tile / across * ${PREFILL_ROWS}u;
  if (firstRow >= params.rows) {
    return;
  }
  let ownOut = lane % ${OUTPUT_LANES}u;
  let ownRow = lane / ${OUTPUT_LANES}u;
  ${each(ROWS, (i) => `var low${i} = vec4<f32>(); var high${i} = vec4<f32>();`)}
  for (var step = 0u; step < params.stride; step += ${STEP}u) {
    workgroupBarrier();
    for (var t = lane; t < ${(STEP / 4) * PREFILL_ROWS}u; t += ${LANES}u) {
      let m = t / ${STEP / 4}u;
      let quad = t % ${STEP / 4}u;
      let x = input[min(firstRow + m, params.rows - 1u) * (params.inStride / 4u) + step / 4u + quad];
      inputTile[quad * ${PREFILL_ROWS}u + m] = vec4<f16>(x);
    }
    for (var t = lane; t < ${vectors * PREFILL_OUTPUTS}u; t += ${LANES}u) {
      let n = t / ${vectors}u;
      let row = min(firstOut + n, params.outFeatures - 1u);
      let vector = step / ${perVector}u + t % ${vectors}u;
      let block = blockOf(row, vector);
      for (var quad = 0u; quad < ${perVector / 4}u; quad += 1u) {
        let at = (t % ${vectors}u * ${perVector / 4}u + quad) * ${PREFILL_OUTPUTS}u + n;
        weightTile[at] = vec4<f16>(quadOf(block, row, vector, quad) * params.toTile);
      }
    }
    workgroupBarrier();
    // Rows are whole steps: the bound only keeps compilers from unrolling all of it, which takes some of them seconds.
    let end = min(${STEP / 4}u, (params.stride - step) / 4u);
    for (var quad = 0u; quad < end; quad += 1u) {
      ${each(OUTPUTS, (j) => `let w${j} = vec4<f32>(weightTile[quad * ${PREFILL_OUTPUTS}u + ownOut + ${OUTPUT_LANES * j}u]);`)}
      ${each(
        ROWS,
        (i) => wgsl`{
        let x = vec4<f32>(inputTile[quad * ${PREFILL_ROWS}u + ownRow + ${ROW_LANES * i}u]);
        low${i} += vec4<f32>(dot(x, w0), dot(x, w1), dot(x, w2), dot(x, w3));
        high${i} += vec4<f32>(dot(x, w4), dot(x, w5), dot(x, w6), dot(x, w7));
      }`,
      )}
    }
  }
  ${each(ROWS, (i) => `store(low${i}, firstRow + ownRow + ${ROW_LANES * i}u, firstOut + ownOut);`)}
  ${each(ROWS, (i) => `store(high${i}, firstRow + ownRow + ${ROW_LANES * i}u, firstOut + ownOut + ${4 * OUTPUT_LANES}u);`)}
}

fn store(sums: vec4<f32>, row: u32, firstOut: u32) {
  for (var j = 0u; j < 4u; j += 1u) {
    let out = firstOut + ${OUTPUT_LANES}u * j;
    if (row < params.rows && out < params.cover) {
      output[row * params.outStride + params.firstOut + out] = finish(sums[j] * params.fromTile, out, row);
    }
  }
}
`;
}

// In variables of their own: not every compiler unrolls a loop over an array of them.
function each(count: number, line: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => line(at)).join('\n      ');
}
