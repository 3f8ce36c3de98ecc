
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

@group(0) @binding(1) var<storage, read> input: array<u32>;

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
  for (var i = 0u; i < 3u; i += 1u) {
    extremes[3u * block + i] = keys[i];
  }
}

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let block = (params.firstTile + group.x + group.y * grid.x) * 64u + lane;
  if (block < params.rows) {
    store(block, extremesOf(block, 0u, 1u));
  }
}
