// Loops that say what this machine can do: how fast one thread reads, and how fast it multiplies.

/** Reads bytes (a multiple of 128) of memory and gives something that depends on all of them. */
export function read(start: usize, bytes: usize): i32 {
  let a = i64x2.splat(0);
  let b = i64x2.splat(0);
  let c = i64x2.splat(0);
  let d = i64x2.splat(0);
  const end = start + bytes;
  for (let at = start; at < end; at += 128) {
    a = v128.xor(a, v128.load(at));
    b = v128.xor(b, v128.load(at, 16));
    c = v128.xor(c, v128.load(at, 32));
    d = v128.xor(d, v128.load(at, 48));
    a = v128.xor(a, v128.load(at, 64));
    b = v128.xor(b, v128.load(at, 80));
    c = v128.xor(c, v128.load(at, 96));
    d = v128.xor(d, v128.load(at, 112));
  }
  return i32x4.extract_lane(v128.xor(v128.xor(a, b), v128.xor(c, d)), 0);
}

/**
 * The same from eight places at once, an eighth apart (bytes: a multiple of 512): memory that no cache holds is often read
 * faster so.
 */
export function readEight(start: usize, bytes: usize): i32 {
  let a = i64x2.splat(0);
  let b = i64x2.splat(0);
  let c = i64x2.splat(0);
  let d = i64x2.splat(0);
  const part = bytes >> 3;
  const end = start + part;
  for (let first = start; first < end; first += 64) {
    let at = first;
    for (let place = 0; place < 8; place += 1, at += part) {
      a = v128.xor(a, v128.load(at));
      b = v128.xor(b, v128.load(at, 16));
      c = v128.xor(c, v128.load(at, 32));
      d = v128.xor(d, v128.load(at, 48));
    }
  }
  return i32x4.extract_lane(v128.xor(v128.xor(a, b), v128.xor(c, d)), 0);
}

/** Multiplies and adds in registers, in independent chains, so that the latency of one does not count. */
export function multiply(rounds: i32, seed: i32): i32 {
  const x = i8x16.splat(<i8>(seed & 127));
  let a = i32x4.splat(0);
  let b = i32x4.splat(1);
  let c = i32x4.splat(2);
  let d = i32x4.splat(3);
  let e = i32x4.splat(4);
  let f = i32x4.splat(5);
  let g = i32x4.splat(6);
  let h = i32x4.splat(7);
  let i = i32x4.splat(8);
  let j = i32x4.splat(9);
  let k = i32x4.splat(10);
  let l = i32x4.splat(11);
  for (let round = 0; round < rounds; round += 1) {
    a = dot(a, x);
    b = dot(b, x);
    c = dot(c, x);
    d = dot(d, x);
    e = dot(e, x);
    f = dot(f, x);
    g = dot(g, x);
    h = dot(h, x);
    i = dot(i, x);
    j = dot(j, x);
    k = dot(k, x);
    l = dot(l, x);
  }
  const low = v128.xor(v128.xor(v128.xor(a, b), v128.xor(c, d)), v128.xor(e, f));
  const high = v128.xor(v128.xor(v128.xor(g, h), v128.xor(i, j)), v128.xor(k, l));
  return i32x4.extract_lane(v128.xor(low, high), 0);
}

/** Operations (a product and a sum are two) of one round. */
export function operationsPerRound(): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? 12 * 32 : 12 * 16;
}

function dot(sum: v128, x: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(x, x, sum);
  // The product must depend on the sum, or a compiler would multiply once and only add.
  return i32x4.add(sum, i32x4.dot_i16x8_s(sum, x));
}
