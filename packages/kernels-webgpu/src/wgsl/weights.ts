import { PARAMS_PIECE } from './interface.ts';
import { DIVISION, NUMBERS, storedFloats } from './numbers.ts';
import { ROW_LANES } from './tiles.ts';
import { wgsl } from './wgsl.ts';

/** Kernels that quantize weights. Fields of `params`: rows counts blocks or words of results, allRows elements. */
export type WeightSlot = 'block extremes' | 'short block extremes' | 'affine codes' | 'int4 codes';

const INPUT = wgsl`${PARAMS_PIECE}
@group(0) @binding(1) var<storage, read> input: array<u32>;
`;

const ELEMENTS = wgsl`${INPUT}${NUMBERS}${storedFloats(false)}
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

/** Words for each block that kernels of extremes give: the lowest key, the highest, and where the first zero is. */
export const EXTREMES_WORDS = 3;

/**
 * Extremes of blocks, as keys: an element's bits, of 16 the upper ones of a word, turned into integers in the order of the floats. No
 * float is ever made of them, so that nothing is flushed, and no NaN changed. NaN is the lowest key among minima, the highest among maxima.
 *
 * Integers tell -0 from 0, and the reference does not: where both are in a block, the one that comes first is its extreme. Hence the
 * third word, twice the place of the first zero and its sign, or all ones. (A block has fewer than 2^31 elements.)
 */
const EXTREMES = wgsl`${INPUT}
@group(0) @binding(2) var<storage, read_write> extremes: array<u32>;

fn bitsAt(at: u32) -> u32 {
  var bits = 0u;
  if (params.storedDtype == 0u) {
    bits = input[at];
  } else {
    bits = (input[at >> 1u] >> (16u * (at & 1u))) << 16u;
  }
  return bits;
}

fn merged(a: vec3<u32>, b: vec3<u32>) -> vec3<u32> {
  return vec3<u32>(min(a.x, b.x), max(a.y, b.y), min(a.z, b.z));
}

fn keysOf(bits: u32, place: u32) -> vec3<u32> {
  let sign = bits >> 31u;
  let magnitude = bits & 0x7fffffffu;
  let key = select(bits | 0x80000000u, ~bits, sign == 1u);
  let infinite = select(0x7f800000u, 0x7c000000u, params.storedDtype == 2u);
  let keys = select(vec2<u32>(key), vec2<u32>(0u, 0xffffffffu), magnitude > infinite);
  return vec3<u32>(keys, select(0xffffffffu, 2u * place + sign, magnitude == 0u));
}

// Of every step-th element of a block, from the first-th on.
fn extremesOf(block: u32, first: u32, step: u32) -> vec3<u32> {
  let position = block % params.viewInner;
  let start = (block - position) * params.viewLength + position;
  var keys = vec3<u32>(0xffffffffu, 0u, 0xffffffffu);
  for (var i = first; i < params.viewLength; i += step) {
    keys = merged(keys, keysOf(bitsAt(start + i * params.viewInner), i));
  }
  return keys;
}

fn store(block: u32, keys: vec3<u32>) {
  for (var i = 0u; i < ${EXTREMES_WORDS}u; i += 1u) {
    extremes[${EXTREMES_WORDS}u * block + i] = keys[i];
  }
}
`;

/** A workgroup for each block. */
const BLOCK_EXTREMES = wgsl`${EXTREMES}
var<workgroup> partial: array<vec3<u32>, ${ROW_LANES}>;

@compute @workgroup_size(${ROW_LANES})
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let block = params.firstTile + group.x + group.y * grid.x;
  if (block >= params.rows) {
    return;
  }
  partial[lane] = extremesOf(block, lane, ${ROW_LANES}u);
  for (var half = ${ROW_LANES / 2}u; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (lane < half) {
      partial[lane] = merged(partial[lane], partial[lane + half]);
    }
  }
  if (lane == 0u) {
    store(block, partial[0]);
  }
}
`;

/** A lane for each block, so that nobody waits for anybody; lanes side by side read columns side by side. */
const SHORT_BLOCK_EXTREMES = wgsl`${EXTREMES}
@compute @workgroup_size(${ROW_LANES})
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let block = (params.firstTile + group.x + group.y * grid.x) * ${ROW_LANES}u + lane;
  if (block < params.rows) {
    store(block, extremesOf(block, 0u, 1u));
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
  'short block extremes': SHORT_BLOCK_EXTREMES,
  'affine codes': AFFINE_CODES,
  'int4 codes': INT4_CODES,
};

/** What a kernel of weights binds. */
export function layoutOf(slot: WeightSlot): 'extremes' | 'encode' {
  return slot === 'affine codes' || slot === 'int4 codes' ? 'encode' : 'extremes';
}
