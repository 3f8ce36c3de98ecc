
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

@group(0) @binding(1) var<storage, read> input: array<vec4<f32>>;

@group(0) @binding(2) var<storage, read_write> extremes: array<vec2<f32>>;

var<workgroup> partial: array<vec2<f32>, 64>;

fn wider(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  return vec2<f32>(min(a.x, b.x), max(a.y, b.y));
}

fn extremesOfLanes(own: vec2<f32>, lane: u32) -> vec2<f32> {
  partial[lane] = own;
  for (var half = 32u; half > 0u; half >>= 1u) {
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
  for (var quad = lane; quad < params.stride / 4u; quad += 64u) {
    let x = input[row * (params.inStride / 4u) + quad];
    let low = min(min(x.x, x.y), min(x.z, x.w));
    let high = max(max(x.x, x.y), max(x.z, x.w));
    own = wider(own, vec2<f32>(low, high));
  }
  return extremesOfLanes(own, lane);
}

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let row = params.firstTile + group.x + group.y * grid.x;
  if (row >= params.rows) {
    return;
  }
  let own = extremesOfRow(row, lane);
  if (lane == 0u) {
    extremes[row] = own;
  }
}
