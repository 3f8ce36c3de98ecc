
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

struct RowScale {
  scale: f32,
  zero: i32,
}

@group(0) @binding(2) var<storage, read> extremes: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> rowScales: array<RowScale>;
@group(0) @binding(4) var<storage, read_write> result: array<vec4<f32>>;

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

fn divide(a: f32, b: f32) -> f32 {
  let bitsA = bitcast<u32>(a);
  let bitsB = bitcast<u32>(b);
  let sign = (bitsA ^ bitsB) & 0x80000000u;
  let scaledA = scaled(bitsA & 0x7fffffffu);
  let scaledB = scaled(bitsB & 0x7fffffffu);
  let divisor = u32(scaledB.y);
  var rest = u32(scaledA.y);
  var exponent = scaledA.x - scaledB.x + 127;
  if (rest < divisor) {
    rest <<= 1u;
    exponent -= 1;
  }
  var quotient = 0u;
  for (var bit = 0u; bit < 24u; bit += 1u) {
    quotient <<= 1u;
    if (rest >= divisor) {
      rest -= divisor;
      quotient |= 1u;
    }
    rest <<= 1u;
  }
  // The rest, doubled, against one unit in the last place.
  if (rest > divisor || (rest == divisor && (quotient & 1u) == 1u)) {
    quotient += 1u;
  }
  if (quotient == 0x1000000u) {
    quotient >>= 1u;
    exponent += 1;
  }
  var magnitude = (u32(exponent) << 23u) | (quotient & 0x7fffffu);
  if (exponent < 1 || scaledA.y == 0) {
    magnitude = 0u;
  } else if (exponent > 254 || divisor == 0u) {
    magnitude = 0x7f800000u;
  }
  return bitcast<f32>(sign | magnitude);
}

// Exponent field and 24-bit significand of a magnitude's bits.
fn scaled(magnitude: u32) -> vec2<i32> {
  let field = i32(magnitude >> 23u);
  let fraction = i32(magnitude & 0x7fffffu);
  let shift = i32(countLeadingZeros(u32(max(fraction, 1)))) - 8;
  let subnormal = vec2<i32>(1 - shift, fraction << u32(shift));
  return select(subnormal, vec2<i32>(field, fraction | 0x800000), field > 0);
}

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

fn scaleOf(low: f32, high: f32) -> f32 {
  var range = max(-low, high);
  if (params.mapping == 2u) {
    range = roundTo(params.dtype, subtract(high, low));
  }
  var scale = 0.0;
  if (params.mapping == 1u) {
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

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let row = params.firstTile + group.x + group.y * grid.x;
  if (row >= params.rows) {
    return;
  }
  var range: vec2<f32>;
  if ((params.flags & 32u) != 0u) {
    var own = vec2<f32>(0.0, 0.0);
    for (var other = lane; other < params.allRows; other += 64u) {
      own = wider(own, extremes[other]);
    }
    range = extremesOfLanes(own, lane);
  } else {
    range = extremesOfRow(row, lane);
  }
  let chosen = max(scaleOf(range.x, range.y), params.eps);
  var zero = (params.qmax + params.qmin + 1) / 2;
  if (params.mapping == 2u) {
    let steps = roundTo(params.dtype, divide(range.x, chosen));
    zero = clamp(params.qmin - i32(round(steps)), params.qmin, params.qmax);
  }
  let scale = roundTo(params.inputScaleDtype, chosen);
  let reciprocal = roundTo(params.inputScaleDtype, divide(1.0, scale));
  if (lane == 0u) {
    rowScales[row] = RowScale(scale, zero);
  }
  for (var quad = lane; quad < params.stride / 4u; quad += 64u) {
    let at = row * (params.stride / 4u) + quad;
    let x = input[row * (params.inStride / 4u) + quad];
    let codes = vec4<i32>(
      codeOf(x.x, reciprocal, zero), codeOf(x.y, reciprocal, zero),
      codeOf(x.z, reciprocal, zero), codeOf(x.w, reciprocal, zero),
    );
    let beyond = vec4<u32>(4u * quad) + vec4<u32>(0u, 1u, 2u, 3u) >= vec4<u32>(params.inFeatures);
    result[at] = select(vec4<f32>(codes - vec4<i32>(zero)) * scale, vec4<f32>(0.0), beyond);
  }
}
