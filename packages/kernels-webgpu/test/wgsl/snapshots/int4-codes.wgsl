
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

fn elementAt(at: u32) -> f32 {
  var value = 0.0;
  if (params.storedDtype == 0u) {
    value = bitcast<f32>(input[at]);
  } else {
    value = fromHalf(params.storedDtype, input[at >> 1u], at & 1u);
  }
  return value;
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

@group(0) @binding(2) var<storage, read> lowest: array<f32>;
@group(0) @binding(3) var<storage, read> steps: array<f32>;
@group(0) @binding(4) var<storage, read_write> codes: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
  let word = (params.firstTile + group.x + group.y * grid.x) * 64u + lane;
  if (word >= params.rows) {
    return;
  }
  var packed = 0u;
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
