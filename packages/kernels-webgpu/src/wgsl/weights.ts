import { PARAMS_PIECE } from './interface.ts';
import { DIVISION, NUMBERS, storedFloats } from './numbers.ts';
import { ROW_LANES } from './tiles.ts';
import { wgsl } from './wgsl.ts';

/** Kernels that quantize weights. Fields of `params`: rows counts blocks or words of results, allRows elements. */
export type WeightSlot = 'block extremes' | 'affine codes' | 'int4 codes';

const ELEMENTS = wgsl`${PARAMS_PIECE}${NUMBERS}${storedFloats(false)}
@group(0) @binding(1) var<storage, read> input: array<u32>;

fn elementAt(at: u32) -> f32 {
  var value = 0.0;
  if (params.storedDtype == 0u) {
    value = bitcast<f32>(input[at]);
  } else {
    value = fromHalf(params.storedDtype, input[at >> 1u], at & 1u);
  }
  return value;
}
`;

/**
 * Extremes of blocks, as keys: integers in the order of the floats, so that no float is compared and none flushed. NaN is the
 * lowest key among minima, the highest among maxima.
 */
const BLOCK_EXTREMES = wgsl`${ELEMENTS}
@group(0) @binding(2) var<storage, read_write> extremes: array<vec2<u32>>;
var<workgroup> partial: array<vec2<u32>, ${ROW_LANES}>;

fn keysOf(value: f32) -> vec2<u32> {
  let bits = bitcast<u32>(value);
  let key = select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0u);
  return select(vec2<u32>(key), vec2<u32>(0u, 0xffffffffu), (bits & 0x7fffffffu) > 0x7f800000u);
}

@compute @workgroup_size(${ROW_LANES})
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let block = params.firstTile + group.x + group.y * grid.x;
  if (block >= params.rows) {
    return;
  }
  let position = block % params.viewInner;
  let start = (block - position) * params.viewLength + position;
  var own = vec2<u32>(0xffffffffu, 0u);
  for (var i = lane; i < params.viewLength; i += ${ROW_LANES}u) {
    let keys = keysOf(elementAt(start + i * params.viewInner));
    own = vec2<u32>(min(own.x, keys.x), max(own.y, keys.y));
  }
  partial[lane] = own;
  for (var half = ${ROW_LANES / 2}u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (lane < half) {
      let other = partial[lane + half];
      partial[lane] = vec2<u32>(min(partial[lane].x, other.x), max(partial[lane].y, other.y));
    }
  }
  if (lane == 0u) {
    extremes[block] = partial[0];
  }
}
`;

const ENTRY = wgsl`
@compute @workgroup_size(${ROW_LANES})
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let word = (params.firstTile + group.x + group.y * grid.x) * ${ROW_LANES}u + lane;
  if (word >= params.rows) {
    return;
  }
  var packed = 0u;`;

/** Four codes to a word, from reciprocals of scales and zero points that the CPU made. */
const AFFINE_CODES = wgsl`${ELEMENTS}
@group(0) @binding(2) var<storage, read> reciprocals: array<f32>;
@group(0) @binding(3) var<storage, read> zeroPoints: array<i32>;
@group(0) @binding(4) var<storage, read_write> codes: array<u32>;
${ENTRY}
  for (var i = 0u; i < 4u; i += 1u) {
    let at = min(4u * word + i, params.allRows - 1u);
    let block = at / (params.viewLength * params.viewInner) * params.viewInner + at % params.viewInner;
    var product = multiply(elementAt(at), reciprocals[block]);
    // Two different float dtypes meet in f32.
    if (params.storedDtype == params.inputScaleDtype) {
      product = roundTo(params.storedDtype, product);
    }
    let code = clamp(round(product) + f32(zeroPoints[block]), f32(params.qmin), f32(params.qmax));
    packed |= (u32(i32(code)) & 0xffu) << (8u * i);
  }
  codes[word] = packed;
}
`;

/**
 * Eight nibbles to a word, from the lowest element and the step of each group. WGSL's quotient, at most 2.5 units in the last place
 * off, tells the level except near the middle between two, where the quotient is made of integers.
 */
const INT4_CODES = wgsl`${ELEMENTS}${DIVISION}
@group(0) @binding(2) var<storage, read> lowest: array<f32>;
@group(0) @binding(3) var<storage, read> steps: array<f32>;
@group(0) @binding(4) var<storage, read_write> codes: array<u32>;
${ENTRY}
  for (var i = 0u; i < 8u; i += 1u) {
    let at = min(8u * word + i, params.allRows - 1u);
    let block = at / params.viewLength;
    let height = subtract(elementAt(at), lowest[block]);
    var quotient = height / steps[block];
    if (abs(fract(quotient) - 0.5) < 0.0001220703125) {
      quotient = divide(height, steps[block]);
    }
    // Two's complement of the level less 8.
    packed |= (u32(clamp(round(quotient), 0.0, 15.0)) ^ 8u) << (4u * i);
  }
  codes[word] = packed;
}
`;

export const WEIGHT_CODE: Readonly<Record<WeightSlot, string>> = {
  'block extremes': BLOCK_EXTREMES,
  'affine codes': AFFINE_CODES,
  'int4 codes': INT4_CODES,
};
