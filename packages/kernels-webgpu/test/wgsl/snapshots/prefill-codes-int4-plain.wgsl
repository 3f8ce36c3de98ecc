
struct Params {
  rows: u32,
  allRows: u32,
  outFeatures: u32,
  firstOut: u32,
  cover: u32,
  outStride: u32,
  inFeatures: u32,
  stride: u32,
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

fn fromF16(half: u32) -> f32 {
  let sign = (half & 0x8000u) << 16u;
  let magnitude = half & 0x7fffu;
  let small = bitcast<u32>(f32(magnitude) * 5.9604644775390625e-8);
  let normal = (magnitude << 13u) + select(0x38000000u, 0x70000000u, magnitude >= 0x7c00u);
  return bitcast<f32>(select(normal, small, magnitude < 0x400u) | sign);
}

// The half-th 16 bits of a word, as f32.
fn fromHalf(dtype: u32, word: u32, half: u32) -> f32 {
  let bits = (word >> (16u * half)) & 0xffffu;
  return select(fromF16(bits), bitcast<f32>(bits << 16u), dtype == 1u);
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

fn bytesOf(word: u32) -> vec4<i32> {
  return vec4<i32>(vec4<u32>(word << 24u, word << 16u, word << 8u, word)) >> vec4<u32>(24u);
}

fn dot4(a: u32, b: u32) -> i32 {
  return dot(bytesOf(a), bytesOf(b));
}

fn finish(sum: f32, out: u32, row: u32) -> f32 {
  var value = sum * rowScales[row].scale;
  if ((params.flags & 1u) != 0u) {
    value += biases[out];
  }
  return select(roundTo(params.dtype, value), 0.0, out >= params.outFeatures);
}

var<workgroup> inputTile: array<u32, 256>;
var<workgroup> weightTile: array<u32, 512>;

@compute @workgroup_size(128)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let tile = params.firstTile + group.x + group.y * grid.x;
  let across = (params.cover + 63u) / 64u;
  let firstOut = tile % across * 64u;
  let firstRow = tile / across * 32u;
  if (firstRow >= params.rows) {
    return;
  }
  let ownOut = lane % 16u;
  let ownRow = lane / 16u;
  var sums0 = vec4<f32>();
        var sums1 = vec4<f32>();
        var sums2 = vec4<f32>();
        var sums3 = vec4<f32>();
  var zero: vec4<i32>;
  for (var i = 0u; i < 4u; i += 1u) {
    zero[i] = rowScales[min(firstRow + ownRow + 8u * i, params.rows - 1u)].zero;
  }
  for (var step = 0u; step < params.stride; step += 32u) {
    workgroupBarrier();
    for (var t = lane; t < 64u; t += 128u) {
      let m = t % 32u;
      let half = t / 32u;
      let x = input[min(firstRow + m, params.rows - 1u) * (params.stride / 16u) + step / 16u + half];
      for (var i = 0u; i < 4u; i += 1u) {
        inputTile[(4u * half + i) * 32u + m] = x[i];
      }
    }
    for (var t = lane; t < 64u; t += 128u) {
      let row = min(firstOut + t, params.outFeatures - 1u);
      let block = weights[row * (params.stride / 32u) + step / 32u];
      for (var i = 0u; i < 4u; i += 1u) {
        weightTile[2u * i * 64u + t] = block[i] & 0x0f0f0f0fu;
        weightTile[(2u * i + 1u) * 64u + t] = (block[i] >> 4u) & 0x0f0f0f0fu;
      }
    }
    workgroupBarrier();
      for (var span = 0u; span < 8u; span += params.spanWords) {
        var products0 = vec4<i32>();
        var products1 = vec4<i32>();
        var products2 = vec4<i32>();
        var products3 = vec4<i32>();
        var inputSums = vec4<i32>();
        var weightSums = vec4<i32>();
        for (var word = span; word < span + params.spanWords; word += 1u) {
        let w = vec4(weightTile[word * 64u + ownOut + 0u], weightTile[word * 64u + ownOut + 16u], weightTile[word * 64u + ownOut + 32u], weightTile[word * 64u + ownOut + 48u]);
        let x0 = inputTile[word * 32u + ownRow + 0u];
        let x1 = inputTile[word * 32u + ownRow + 8u];
        let x2 = inputTile[word * 32u + ownRow + 16u];
        let x3 = inputTile[word * 32u + ownRow + 24u];
        products0 += vec4<i32>(dot4(x0, w.x), dot4(x0, w.y), dot4(x0, w.z), dot4(x0, w.w));
        products1 += vec4<i32>(dot4(x1, w.x), dot4(x1, w.y), dot4(x1, w.z), dot4(x1, w.w));
        products2 += vec4<i32>(dot4(x2, w.x), dot4(x2, w.y), dot4(x2, w.z), dot4(x2, w.w));
        products3 += vec4<i32>(dot4(x3, w.x), dot4(x3, w.y), dot4(x3, w.z), dot4(x3, w.w));
          inputSums += vec4<i32>(dot4(x0, 0x01010101u), dot4(x1, 0x01010101u), dot4(x2, 0x01010101u), dot4(x3, 0x01010101u));
          weightSums += vec4<i32>(dot4(w.x, 0x01010101u), dot4(w.y, 0x01010101u), dot4(w.z, 0x01010101u), dot4(w.w, 0x01010101u));
        }
        var scale: vec4<f32>;
        var weightZero: vec4<i32>;
        for (var j = 0u; j < 4u; j += 1u) {
          let at = statisticOf(min(firstOut + ownOut + 16u * j, params.outFeatures - 1u), step + 4u * span);
          scale[j] = scaleAt(at);
          weightZero[j] = zeroAt(at) + 8;
        }
        let rest = inputSums - 4 * i32(params.spanWords) * zero;
        sums0 += scale * vec4<f32>(products0 - zero[0] * weightSums - weightZero * rest[0]);
        sums1 += scale * vec4<f32>(products1 - zero[1] * weightSums - weightZero * rest[1]);
        sums2 += scale * vec4<f32>(products2 - zero[2] * weightSums - weightZero * rest[2]);
        sums3 += scale * vec4<f32>(products3 - zero[3] * weightSums - weightZero * rest[3]);
      }
  }
  store(sums0, firstRow + ownRow + 0u, firstOut + ownOut);
        store(sums1, firstRow + ownRow + 8u, firstOut + ownOut);
        store(sums2, firstRow + ownRow + 16u, firstOut + ownOut);
        store(sums3, firstRow + ownRow + 24u, firstOut + ownOut);
}

fn store(sums: vec4<f32>, row: u32, firstOut: u32) {
  for (var j = 0u; j < 4u; j += 1u) {
    let out = firstOut + 16u * j;
    if (row < params.rows && out < params.cover) {
      output[row * params.outStride + params.firstOut + out] = finish(sums[j], out, row);
    }
  }
}
