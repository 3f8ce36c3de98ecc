import { wgsl } from './wgsl.ts';
/**
 * Arithmetic with the reference's bits. WGSL promises less than IEEE 754: sums and products may round either way, may be fused
 * and reassociated, and quotients may be 2.5 ULP off. `settle` ends fusing: no compiler can know that `params.zero` is 0. That what
 * is left rounds half to even is what every GPU does, and what the self-test checks. Quotients are made of integers.
 */
export const NUMBERS: string = wgsl`
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
`;

/** a / b rounded half to even, for normal results; smaller ones are 0. */
export const DIVISION: string = wgsl`
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
`;

/**
 * Stored floats to f32: f16 as the adapter reads it, which may flush the smallest to zero, or by the bits alone. (Not by
 * `bitcast<vec2<f16>>`, which naga takes for one f16.)
 */
export function storedFloats(f16: boolean): string {
  return f16 ? NATIVE_FLOATS : FLOATS_BY_BITS;
}

const NATIVE_FLOATS = wgsl`
// The half-th 16 bits of a word, as f32.
fn fromHalf(dtype: u32, word: u32, half: u32) -> f32 {
  let both = unpack2x16float(word);
  let bits = (word >> (16u * half)) << 16u;
  return select(select(both.x, both.y, half == 1u), bitcast<f32>(bits), dtype == 1u);
}
`;

const FLOATS_BY_BITS = wgsl`
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
`;
