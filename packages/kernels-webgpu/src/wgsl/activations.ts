import { wgsl } from './wgsl.ts';
import { FLAGS, PARAMS_PIECE, ROW_SCALE } from './interface.ts';
import { DIVISION, NUMBERS } from './numbers.ts';
import { ROW_LANES } from './tiles.ts';

/** Numbers of MappingType in `params.mapping`. */
export const MAPPINGS = { SYMMETRIC: 0, SYMMETRIC_NO_CLIPPING_ERR: 1, ASYMMETRIC: 2 } as const;

const BINDINGS = wgsl`${PARAMS_PIECE}
@group(0) @binding(1) var<storage, read> input: array<vec4<f32>>;
`;

/** Padding is 0 and every scale comes from extremes that enclose 0. */
const EXTREMES_OF_ROW = wgsl`
var<workgroup> partial: array<vec2<f32>, ${ROW_LANES}>;

fn wider(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  return vec2<f32>(min(a.x, b.x), max(a.y, b.y));
}

fn extremesOfLanes(own: vec2<f32>, lane: u32) -> vec2<f32> {
  partial[lane] = own;
  for (var half = ${ROW_LANES / 2}u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (lane < half) {
      partial[lane] = wider(partial[lane], partial[lane + half]);
    }
  }
  workgroupBarrier();
  return partial[0];
}

fn extremesOfRow(row: u32, lane: u32) -> vec2<f32> {
  var own = vec2<f32>(0.0, 0.0);
  for (var quad = lane; quad < params.stride / 4u; quad += ${ROW_LANES}u) {
    let x = input[row * (params.inStride / 4u) + quad];
    let low = min(min(x.x, x.y), min(x.z, x.w));
    let high = max(max(x.x, x.y), max(x.z, x.w));
    own = wider(own, vec2<f32>(low, high));
  }
  return extremesOfLanes(own, lane);
}
`;

const ENTRY = wgsl`
@compute @workgroup_size(${ROW_LANES})
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let row = params.firstTile + group.x + group.y * grid.x;
  if (row >= params.rows) {
    return;
  }`;

/** Smallest and largest activation of each row, and 0: where one scale is for all rows. */
export function extremesKernel(): string {
  return wgsl`${BINDINGS}
@group(0) @binding(2) var<storage, read_write> extremes: array<vec2<f32>>;
${EXTREMES_OF_ROW}${ENTRY}
  let own = extremesOfRow(row, lane);
  if (lane == 0u) {
    extremes[row] = own;
  }
}
`;
}

/**
 * Activations quantized with the reference's bits, a workgroup to a row: codes in words of four, padded with the zero point so
 * that padding is worth nothing, or what the codes stand for, in f32.
 */
export function quantizeKernel(result: 'codes' | 'floats'): string {
  const store =
    result === 'codes'
      ? wgsl`
    let padded = select(codes, vec4<i32>(zero), beyond);
    let bytes = vec4<u32>(padded) & vec4<u32>(0xffu);
    result[at] = bytes.x | (bytes.y << 8u) | (bytes.z << 16u) | (bytes.w << 24u);`
      : wgsl`
    result[at] = select(vec4<f32>(codes - vec4<i32>(zero)) * scale, vec4<f32>(0.0), beyond);`;
  return wgsl`${BINDINGS}${ROW_SCALE}
@group(0) @binding(2) var<storage, read> extremes: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> rowScales: array<RowScale>;
@group(0) @binding(4) var<storage, read_write> result: array<${result === 'codes' ? 'u32' : 'vec4<f32>'}>;
${NUMBERS}${DIVISION}${EXTREMES_OF_ROW}
fn scaleOf(low: f32, high: f32) -> f32 {
  var range = max(-low, high);
  if (params.mapping == ${MAPPINGS.ASYMMETRIC}u) {
    range = roundTo(params.dtype, subtract(high, low));
  }
  var scale = 0.0;
  if (params.mapping == ${MAPPINGS.SYMMETRIC_NO_CLIPPING_ERR}u) {
    let negative = roundTo(params.dtype, divide(low, f32(params.qmin)));
    scale = max(negative, roundTo(params.dtype, divide(high, f32(params.qmax))));
  } else {
    scale = roundTo(params.dtype, divide(range, params.steps));
  }
  return scale;
}

fn codeOf(x: f32, reciprocal: f32, zero: i32) -> i32 {
  var product = multiply(x, reciprocal);
  // Two different float dtypes meet in f32.
  if (params.dtype == params.inputScaleDtype) {
    product = roundTo(params.dtype, product);
  }
  return i32(clamp(round(product) + f32(zero), f32(params.qmin), f32(params.qmax)));
}
${ENTRY}
  var range: vec2<f32>;
  if ((params.flags & ${FLAGS.wholeTensor}u) != 0u) {
    var own = vec2<f32>(0.0, 0.0);
    for (var other = lane; other < params.allRows; other += ${ROW_LANES}u) {
      own = wider(own, extremes[other]);
    }
    range = extremesOfLanes(own, lane);
  } else {
    range = extremesOfRow(row, lane);
  }
  let chosen = max(scaleOf(range.x, range.y), params.eps);
  var zero = (params.qmax + params.qmin + 1) / 2;
  if (params.mapping == ${MAPPINGS.ASYMMETRIC}u) {
    let steps = roundTo(params.dtype, divide(range.x, chosen));
    zero = clamp(params.qmin - i32(round(steps)), params.qmin, params.qmax);
  }
  let scale = roundTo(params.inputScaleDtype, chosen);
  let reciprocal = roundTo(params.inputScaleDtype, divide(1.0, scale));
  if (lane == 0u) {
    rowScales[row] = RowScale(scale, zero);
  }
  for (var quad = lane; quad < params.stride / 4u; quad += ${ROW_LANES}u) {
    let at = row * (params.stride / 4u) + quad;
    let x = input[row * (params.inStride / 4u) + quad];
    let codes = vec4<i32>(
      codeOf(x.x, reciprocal, zero), codeOf(x.y, reciprocal, zero),
      codeOf(x.z, reciprocal, zero), codeOf(x.w, reciprocal, zero),
    );
    let beyond = vec4<u32>(4u * quad) + vec4<u32>(0u, 1u, 2u, 3u) >= vec4<u32>(params.inFeatures);${store}
  }
}
`;
}
