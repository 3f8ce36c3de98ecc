import { wgsl } from './wgsl.ts';
import { BYTES, dotPiece } from './dot.ts';
import type { ShaderFeatures } from './features.ts';
import { vectorStatistics } from './statistics.ts';

/** Weights in codes under activations in codes: whole rows of int8, or groups. */
export type IntegerKind = 'exact' | 'int8' | 'int4';

export interface IntegerPieces {
  /** Weights in one vector of four words. */
  readonly perVector: number;
  readonly declarations: string;
}

/**
 * Products of codes, a vector of the weight at a time. A nibble, from 0 to 15, is a byte that a signed dot product takes as it
 * is: the 8 that it stands above its code goes into the zero point, which multiplies sums of activations that all outputs share.
 */
export function integerPieces(kind: IntegerKind, { packedDot }: ShaderFeatures): IntegerPieces {
  const perVector = kind === 'int4' ? 32 : 16;
  const dots = kind === 'int4' ? INT4_DOTS : INT8_DOTS;
  return {
    perVector,
    declarations: [
      packedDot ? '' : BYTES,
      dotPiece(packedDot),
      dots,
      ...(kind === 'exact' ? [] : [vectorStatistics(perVector, kind === 'int4' ? 8 : 0), scaledPiece(perVector)]),
    ].join(''),
  };
}

const ONES = '0x01010101u';
const ONES_VECTOR = `vec4<u32>(${ONES})`;

const INT8_DOTS = wgsl`
struct Activations {
  codes: vec4<u32>,
}

fn dotsOf(x: Activations, words: vec4<u32>) -> vec4<i32> {
  return vec4<i32>(
    dot4(x.codes.x, words.x), dot4(x.codes.y, words.y), dot4(x.codes.z, words.z), dot4(x.codes.w, words.w),
  );
}

fn sumsOf(x: Activations) -> vec4<i32> {
  return dotsOf(x, ${ONES_VECTOR});
}

fn weightSums(words: vec4<u32>) -> vec4<i32> {
  return dotsOf(Activations(${ONES_VECTOR}), words);
}

fn total(dots: vec4<i32>) -> i32 {
  return dots.x + dots.y + dots.z + dots.w;
}
`;

// A word's low nibbles meet one word of activations, its high ones the next.
const INT4_DOTS = wgsl`
struct Activations {
  first: vec4<u32>,
  second: vec4<u32>,
}

fn dotsOf(x: Activations, words: vec4<u32>) -> vec4<i32> {
  let low = words & vec4<u32>(0x0f0f0f0fu);
  let high = (words >> vec4<u32>(4u)) & vec4<u32>(0x0f0f0f0fu);
  return vec4<i32>(
    dot4(x.first.x, low.x) + dot4(x.first.y, high.x), dot4(x.first.z, low.y) + dot4(x.first.w, high.y),
    dot4(x.second.x, low.z) + dot4(x.second.y, high.z), dot4(x.second.z, low.w) + dot4(x.second.w, high.w),
  );
}

fn sumsOf(x: Activations) -> vec4<i32> {
  let ones = ${ONES};
  return vec4<i32>(
    dot4(x.first.x, ones) + dot4(x.first.y, ones), dot4(x.first.z, ones) + dot4(x.first.w, ones),
    dot4(x.second.x, ones) + dot4(x.second.y, ones), dot4(x.second.z, ones) + dot4(x.second.w, ones),
  );
}

// Two nibbles to a byte, at most 30, before bytes are added up.
fn weightSums(words: vec4<u32>) -> vec4<i32> {
  let pairs = (words & vec4<u32>(0x0f0f0f0fu)) + ((words >> vec4<u32>(4u)) & vec4<u32>(0x0f0f0f0fu));
  let ones = ${ONES};
  return vec4<i32>(dot4(pairs.x, ones), dot4(pairs.y, ones), dot4(pairs.z, ones), dot4(pairs.w, ones));
}
`;

// The sum over k of (x - zero of x)(w - zero of w), whole within each word, where words sums are integers to the end.
function scaledPiece(perVector: number): string {
  return wgsl`
fn scaled4(x: Activations, inputSums: vec4<i32>, zero: i32, words: vec4<u32>, statistics: Statistics) -> f32 {
  var products = dotsOf(x, words) - statistics.zero * (inputSums - vec4<i32>(${perVector / 4} * zero));
  if (zero != 0) {
    products -= zero * weightSums(words);
  }
  return dot(statistics.scale, vec4<f32>(products));
}
`;
}
