
struct Params {
  rows: u32,
  allRows: u32,
  outFeatures: u32,
  firstOut: u32,
  cover: u32,
  outStride: u32,
  inFeatures: u32,
  stride: u32,
  inStride: u32,
  groupSize: u32,
  groups: u32,
  groupShift: u32,
  spanWords: u32,
  dtype: u32,
  storedDtype: u32,
  inputScaleDtype: u32,
  flags: u32,
  zero: u32,
  firstTile: u32,
  viewLength: u32,
  viewInner: u32,
  firstRow: u32,
  qmin: i32,
  qmax: i32,
  mapping: u32,
  eps: f32,
  steps: f32,
  toTile: f32,
  fromTile: f32,
}
@group(0) @binding(0) var<uniform> params: Params;

struct RowScale {
  scale: f32,
  zero: i32,
}

@group(0) @binding(1) var<storage, read> input: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> weights: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> scales: array<u32>;
@group(0) @binding(4) var<storage, read> zeros: array<u32>;
@group(0) @binding(5) var<storage, read> biases: array<f32>;
@group(0) @binding(6) var<storage, read> rowScales: array<RowScale>;
@group(0) @binding(7) var<storage, read_write> output: array<f32>;

fn settle(value: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(value) ^ params.zero);
}

fn multiply(a: f32, b: f32) -> f32 {
  return settle(a * b);
}

fn subtract(a: f32, b: f32) -> f32 {
  return settle(a - b);
}

fn add(a: f32, b: f32) -> f32 {
  return settle(a + b);
}

// The high part is a multiple of 4096 that f32 holds; one addition rounds.
fn fromInteger(value: i32) -> f32 {
  return add(settle(f32(value >> 12u) * 4096.0), f32(value & 0xfff));
}

fn roundToBf16(value: f32) -> f32 {
  let bits = bitcast<u32>(value);
  let rounded = (bits + 0x7fffu + ((bits >> 16u) & 1u)) & 0xffff0000u;
  return bitcast<f32>(select(rounded, bits, (bits & 0x7fffffffu) > 0x7f800000u));
}

fn roundToF16(value: f32) -> f32 {
  let bits = bitcast<u32>(value);
  let sign = bits & 0x80000000u;
  let magnitude = bits & 0x7fffffffu;
  var rounded = (magnitude + 0xfffu + ((magnitude >> 13u) & 1u)) & 0xffffe000u;
  if (rounded >= 0x47800000u) {
    rounded = 0x7f800000u;
  }
  // Below 2^-14 every f16 is a multiple of 2^-24.
  if (magnitude < 0x38800000u) {
    rounded = bitcast<u32>(round(bitcast<f32>(magnitude) * 16777216.0) / 16777216.0);
  }
  return bitcast<f32>(select(rounded | sign, bits, magnitude > 0x7f800000u));
}

fn roundTo(dtype: u32, value: f32) -> f32 {
  var rounded = value;
  if (dtype == 1u) {
    rounded = roundToBf16(value);
  } else if (dtype == 2u) {
    rounded = roundToF16(value);
  }
  return rounded;
}

// The half-th 16 bits of a word, as f32.
fn fromHalf(dtype: u32, word: u32, half: u32) -> f32 {
  let both = unpack2x16float(word);
  let bits = (word >> (16u * half)) << 16u;
  return select(select(both.x, both.y, half == 1u), bitcast<f32>(bits), dtype == 1u);
}

fn statisticOf(row: u32, k: u32) -> u32 {
  var group = k >> (params.groupShift & 31u);
  if (params.groupShift == 32u) {
    group = k / params.groupSize;
  }
  return row * params.groups + min(group, params.groups - 1u);
}

fn storedAt(at: u32, word: u32) -> f32 {
  return select(fromHalf(params.storedDtype, word, at & 1u), bitcast<f32>(word), params.storedDtype == 0u);
}

fn storedWord(at: u32) -> u32 {
  return select(at >> 1u, at, params.storedDtype == 0u);
}

fn scaleAt(at: u32) -> f32 {
  return storedAt(at, scales[storedWord(at)]);
}

fn zeroAt(at: u32) -> i32 {
  var zero = 0;
  if ((params.flags & 2u) != 0u) {
    zero = extractBits(i32(zeros[at >> 2u]), 8u * (at & 3u), 8u);
  }
  return zero;
}

fn shiftAt(at: u32) -> f32 {
  var shift = 0.0;
  if ((params.flags & 4u) != 0u) {
    shift = storedAt(at, zeros[storedWord(at)]);
  }
  return shift;
}

fn dot4(a: u32, b: u32) -> i32 {
  return dot4I8Packed(a, b);
}

fn total(x: vec4<u32>, w: vec4<u32>) -> i32 {
  return dot4(x.x, w.x) + dot4(x.y, w.y) + dot4(x.z, w.z) + dot4(x.w, w.w);
}

fn finish(sum: f32, out: u32, row: u32) -> f32 {
  var value = sum * rowScales[row].scale;
  if ((params.flags & 1u) != 0u) {
    value += biases[out];
  }
  return select(roundTo(params.dtype, value), 0.0, out >= params.outFeatures);
}

fn wordsOf(block: vec4<u32>, half: u32, zero: u32) -> vec4<u32> {
  let pair = select(block.xy, block.zw, half == 1u);
  let nibbles = vec4<u32>(pair.x, pair.x >> 4u, pair.y, pair.y >> 4u) & vec4<u32>(0x0f0f0f0fu);
  return ((nibbles | vec4<u32>(0x80808080u)) - vec4<u32>(zero * 0x01010101u)) ^ vec4<u32>(0x80808080u);
}

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let tile = params.firstTile + group.x + group.y * grid.x;
  let across = (params.cover + 127u) / 128u;
  // Neighbouring lanes have neighbouring rows of the weight.
  let firstOut = tile % across * 128u + lane;
  let firstRow = tile / across * 16u;
  if (firstRow >= params.rows) {
    return;
  }
  let row0 = min(firstOut + 0u, params.outFeatures - 1u);
      let row1 = min(firstOut + 64u, params.outFeatures - 1u);
  let input0 = min(firstRow + 0u, params.rows - 1u) * (params.stride / 16u);
      let input1 = min(firstRow + 1u, params.rows - 1u) * (params.stride / 16u);
      let input2 = min(firstRow + 2u, params.rows - 1u) * (params.stride / 16u);
      let input3 = min(firstRow + 3u, params.rows - 1u) * (params.stride / 16u);
      let input4 = min(firstRow + 4u, params.rows - 1u) * (params.stride / 16u);
      let input5 = min(firstRow + 5u, params.rows - 1u) * (params.stride / 16u);
      let input6 = min(firstRow + 6u, params.rows - 1u) * (params.stride / 16u);
      let input7 = min(firstRow + 7u, params.rows - 1u) * (params.stride / 16u);
      let input8 = min(firstRow + 8u, params.rows - 1u) * (params.stride / 16u);
      let input9 = min(firstRow + 9u, params.rows - 1u) * (params.stride / 16u);
      let input10 = min(firstRow + 10u, params.rows - 1u) * (params.stride / 16u);
      let input11 = min(firstRow + 11u, params.rows - 1u) * (params.stride / 16u);
      let input12 = min(firstRow + 12u, params.rows - 1u) * (params.stride / 16u);
      let input13 = min(firstRow + 13u, params.rows - 1u) * (params.stride / 16u);
      let input14 = min(firstRow + 14u, params.rows - 1u) * (params.stride / 16u);
      let input15 = min(firstRow + 15u, params.rows - 1u) * (params.stride / 16u);
  let zero0 = rowScales[min(firstRow + 0u, params.rows - 1u)].zero;
      let zero1 = rowScales[min(firstRow + 1u, params.rows - 1u)].zero;
      let zero2 = rowScales[min(firstRow + 2u, params.rows - 1u)].zero;
      let zero3 = rowScales[min(firstRow + 3u, params.rows - 1u)].zero;
      let zero4 = rowScales[min(firstRow + 4u, params.rows - 1u)].zero;
      let zero5 = rowScales[min(firstRow + 5u, params.rows - 1u)].zero;
      let zero6 = rowScales[min(firstRow + 6u, params.rows - 1u)].zero;
      let zero7 = rowScales[min(firstRow + 7u, params.rows - 1u)].zero;
      let zero8 = rowScales[min(firstRow + 8u, params.rows - 1u)].zero;
      let zero9 = rowScales[min(firstRow + 9u, params.rows - 1u)].zero;
      let zero10 = rowScales[min(firstRow + 10u, params.rows - 1u)].zero;
      let zero11 = rowScales[min(firstRow + 11u, params.rows - 1u)].zero;
      let zero12 = rowScales[min(firstRow + 12u, params.rows - 1u)].zero;
      let zero13 = rowScales[min(firstRow + 13u, params.rows - 1u)].zero;
      let zero14 = rowScales[min(firstRow + 14u, params.rows - 1u)].zero;
      let zero15 = rowScales[min(firstRow + 15u, params.rows - 1u)].zero;
  var sums0 = vec2<f32>();
      var sums1 = vec2<f32>();
      var sums2 = vec2<f32>();
      var sums3 = vec2<f32>();
      var sums4 = vec2<f32>();
      var sums5 = vec2<f32>();
      var sums6 = vec2<f32>();
      var sums7 = vec2<f32>();
      var sums8 = vec2<f32>();
      var sums9 = vec2<f32>();
      var sums10 = vec2<f32>();
      var sums11 = vec2<f32>();
      var sums12 = vec2<f32>();
      var sums13 = vec2<f32>();
      var sums14 = vec2<f32>();
      var sums15 = vec2<f32>();

  let spanShift = min(2u, countTrailingZeros(params.spanWords));
  for (var turn = 0u; turn < ((params.stride / 4u) >> spanShift); turn += 1u) {
    let step = (turn << spanShift) >> 2u;
    let firstWord = (turn << spanShift) & 3u;
    let inSpan = (vec4<u32>(0u, 1u, 2u, 3u) >> vec4<u32>(spanShift)) == vec4<u32>(firstWord >> spanShift);
    let mask = select(vec4<u32>(0u), vec4<u32>(0xffffffffu), inSpan);
    let at0 = statisticOf(row0, 16u * step + 4u * firstWord);
      let at1 = statisticOf(row1, 16u * step + 4u * firstWord);
    let scale = vec2<f32>(scaleAt(at0), scaleAt(at1));
    let zeros = vec2<i32>(zeroAt(at0), zeroAt(at1));
    let w0 = wordsOf(weights[row0 * (params.stride / 32u) + (step >> 1u)], step & 1u, u32(zeros[0] + 8)) & mask;
      let w1 = wordsOf(weights[row1 * (params.stride / 32u) + (step >> 1u)], step & 1u, u32(zeros[1] + 8)) & mask;
    let weightSums = vec2<i32>(total(w0, vec4<u32>(0x01010101u)), total(w1, vec4<u32>(0x01010101u)));
    let at = step;
    { let x = input[input0 + at]; sums0 += scale * vec2<f32>(vec2<i32>(total(x, w0), total(x, w1)) - zero0 * weightSums); }
      { let x = input[input1 + at]; sums1 += scale * vec2<f32>(vec2<i32>(total(x, w0), total(x, w1)) - zero1 * weightSums); }
      { let x = input[input2 + at]; sums2 += scale * vec2<f32>(vec2<i32>(total(x, w0), total(x, w1)) - zero2 * weightSums); }
      { let x = input[input3 + at]; sums3 += scale * vec2<f32>(vec2<i32>(total(x, w0), total(x, w1)) - zero3 * weightSums); }
      { let x = input[input4 + at]; sums4 += scale * vec2<f32>(vec2<i32>(total(x, w0), total(x, w1)) - zero4 * weightSums); }
      { let x = input[input5 + at]; sums5 += scale * vec2<f32>(vec2<i32>(total(x, w0), total(x, w1)) - zero5 * weightSums); }
      { let x = input[input6 + at]; sums6 += scale * vec2<f32>(vec2<i32>(total(x, w0), total(x, w1)) - zero6 * weightSums); }
      { let x = input[input7 + at]; sums7 += scale * vec2<f32>(vec2<i32>(total(x, w0), total(x, w1)) - zero7 * weightSums); }
      { let x = input[input8 + at]; sums8 += scale * vec2<f32>(vec2<i32>(total(x, w0), total(x, w1)) - zero8 * weightSums); }
      { let x = input[input9 + at]; sums9 += scale * vec2<f32>(vec2<i32>(total(x, w0), total(x, w1)) - zero9 * weightSums); }
      { let x = input[input10 + at]; sums10 += scale * vec2<f32>(vec2<i32>(total(x, w0), total(x, w1)) - zero10 * weightSums); }
      { let x = input[input11 + at]; sums11 += scale * vec2<f32>(vec2<i32>(total(x, w0), total(x, w1)) - zero11 * weightSums); }
      { let x = input[input12 + at]; sums12 += scale * vec2<f32>(vec2<i32>(total(x, w0), total(x, w1)) - zero12 * weightSums); }
      { let x = input[input13 + at]; sums13 += scale * vec2<f32>(vec2<i32>(total(x, w0), total(x, w1)) - zero13 * weightSums); }
      { let x = input[input14 + at]; sums14 += scale * vec2<f32>(vec2<i32>(total(x, w0), total(x, w1)) - zero14 * weightSums); }
      { let x = input[input15 + at]; sums15 += scale * vec2<f32>(vec2<i32>(total(x, w0), total(x, w1)) - zero15 * weightSums); }
  }
  // A loop, for all that finishes a result is long.
  var results = array<vec2<f32>, 16>(sums0, sums1, sums2, sums3, sums4, sums5, sums6, sums7, sums8, sums9, sums10, sums11, sums12, sums13, sums14, sums15);
  for (var i = 0u; i < 32u; i += 1u) {
    let row = firstRow + (i >> 1u);
    let out = firstOut + 64u * (i & 1u);
    if (row < params.rows && out < params.cover) {
      output[row * params.outStride + params.firstOut + out] = finish(results[i >> 1u][i & 1u], out, row);
    }
  }
}
