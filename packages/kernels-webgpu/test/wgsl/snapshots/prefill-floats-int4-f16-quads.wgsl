enable subgroups;

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

@group(0) @binding(1) var<storage, read> input: array<vec4<f32>>;
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

fn nibblesOf(word: u32) -> vec4<i32> {
  return vec4<i32>((vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(15u));
}

struct Statistics {
  scale: vec4<f32>,
  zero: vec4<i32>,
  shift: vec4<f32>,
}

fn statisticsOf(row: u32, vector: u32) -> Statistics {
  var result: Statistics;
  let words = select(1u, 4u, (params.flags & 16u) != 0u);
  for (var word = 0u; word < words; word += 1u) {
    let at = statisticOf(row, vector * 32u + word * 8u);
    result.scale[word] = scaleAt(at);
    result.zero[word] = zeroAt(at) + 8;
    result.shift[word] = shiftAt(at);
  }
  if (words == 1u) {
    result.scale = vec4<f32>(result.scale.x);
    result.zero = vec4<i32>(result.zero.x);
    result.shift = vec4<f32>(result.shift.x);
  }
  return result;
}

struct Block {
  words: vec4<u32>,
  statistics: Statistics,
}

fn blockOf(row: u32, vector: u32) -> Block {
  return Block(weights[row * (params.stride / 32u) + vector], statisticsOf(row, vector));
}

fn quadOf(block: Block, row: u32, vector: u32, quad: u32) -> vec4<f32> {
  let at = quad >> 1u;
  let codes = nibblesOf(block.words[at] >> (4u * (quad & 1u)));
  return vec4<f32>(codes - vec4<i32>(block.statistics.zero[at])) * block.statistics.scale[at]
    + vec4<f32>(block.statistics.shift[at]);
}

fn finish(sum: f32, out: u32, row: u32) -> f32 {
  var value = sum;
  if ((params.flags & 1u) != 0u) {
    value += biases[out];
  }
  return select(roundTo(params.dtype, value), 0.0, out >= params.outFeatures);
}

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>, @builtin(subgroup_invocation_id) inSubgroup: u32) {
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
  let input0 = min(firstRow + 0u + (inSubgroup & 3u), params.rows - 1u) * (params.inStride / 4u);
      let input1 = min(firstRow + 4u + (inSubgroup & 3u), params.rows - 1u) * (params.inStride / 4u);
      let input2 = min(firstRow + 8u + (inSubgroup & 3u), params.rows - 1u) * (params.inStride / 4u);
      let input3 = min(firstRow + 12u + (inSubgroup & 3u), params.rows - 1u) * (params.inStride / 4u);
  
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

  for (var vector = 0u; vector < params.stride / 32u; vector += 1u) {
    let block0 = blockOf(row0, vector);
      let block1 = blockOf(row1, vector);
    for (var quad = 0u; quad < 8u; quad += 1u) {
      let w0 = quadOf(block0, row0, vector, quad);
      let w1 = quadOf(block1, row1, vector, quad);
      let at = vector * 8u + quad;
      let own0 = input[input0 + at];
      let own1 = input[input1 + at];
      let own2 = input[input2 + at];
      let own3 = input[input3 + at];
      { let x = quadBroadcast(own0, 0u); sums0 += vec2<f32>(dot(x, w0), dot(x, w1)); }
      { let x = quadBroadcast(own0, 1u); sums1 += vec2<f32>(dot(x, w0), dot(x, w1)); }
      { let x = quadBroadcast(own0, 2u); sums2 += vec2<f32>(dot(x, w0), dot(x, w1)); }
      { let x = quadBroadcast(own0, 3u); sums3 += vec2<f32>(dot(x, w0), dot(x, w1)); }
      { let x = quadBroadcast(own1, 0u); sums4 += vec2<f32>(dot(x, w0), dot(x, w1)); }
      { let x = quadBroadcast(own1, 1u); sums5 += vec2<f32>(dot(x, w0), dot(x, w1)); }
      { let x = quadBroadcast(own1, 2u); sums6 += vec2<f32>(dot(x, w0), dot(x, w1)); }
      { let x = quadBroadcast(own1, 3u); sums7 += vec2<f32>(dot(x, w0), dot(x, w1)); }
      { let x = quadBroadcast(own2, 0u); sums8 += vec2<f32>(dot(x, w0), dot(x, w1)); }
      { let x = quadBroadcast(own2, 1u); sums9 += vec2<f32>(dot(x, w0), dot(x, w1)); }
      { let x = quadBroadcast(own2, 2u); sums10 += vec2<f32>(dot(x, w0), dot(x, w1)); }
      { let x = quadBroadcast(own2, 3u); sums11 += vec2<f32>(dot(x, w0), dot(x, w1)); }
      { let x = quadBroadcast(own3, 0u); sums12 += vec2<f32>(dot(x, w0), dot(x, w1)); }
      { let x = quadBroadcast(own3, 1u); sums13 += vec2<f32>(dot(x, w0), dot(x, w1)); }
      { let x = quadBroadcast(own3, 2u); sums14 += vec2<f32>(dot(x, w0), dot(x, w1)); }
      { let x = quadBroadcast(own3, 3u); sums15 += vec2<f32>(dot(x, w0), dot(x, w1)); }
    }
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
