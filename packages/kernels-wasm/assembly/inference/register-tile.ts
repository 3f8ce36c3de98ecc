// The inner loop of every product of many rows. A step is 32 bytes of weights, 8 columns side by side, and 4 bytes of each row
// of activations: one f32; or 4 codes of 8 bits (relaxed), or 2 of 16 bits (plain). So lanes hold columns, and nothing is
// added up across them.

/** Weights and activations are f32. */
export class Floats {}
/** They are codes. */
export class Codes {}

/** Rows of a full tile: as many as sums, with two vectors of weights and one of activations, find registers. */
export const TILE_ROWS: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;

/** Bytes of one step's weights. */
export const STEP_BYTES: i32 = 32;

/** Rows of the tile that begins at one of them: an even number, the last of which may be there for its shape only, or a lone 1. */
export function tileHeight(rows: i32, first: i32): i32 {
  return min(evenRows(rows) - first, TILE_ROWS);
}

/** Rows of all tiles. */
export function evenRows(rows: i32): i32 {
  return rows == 1 ? 1 : (rows + 1) & ~1;
}

/** sums + weights * x, of f32; or of codes, with sums of i32. */
export function multiplyAdd<O>(weights: v128, x: v128, sums: v128): v128 {
  if (idof<O>() == idof<Floats>()) {
    if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(weights, x, sums);
    return f32x4.add(sums, f32x4.mul(weights, x));
  }
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(weights, x, sums);
  return i32x4.add(sums, i32x4.dot_i16x8_s(weights, x));
}

/**
 * Adds to the sums, [rows, 8] of 32 bits, the products of some steps. `x` has the rows' 4 bytes of each step side by side:
 * [steps, height].
 */
export function addTile<O>(height: i32, weights: usize, x: usize, steps: i32, sums: usize): void {
  if (height == 2) addRows<O, Two>(weights, x, steps, sums);
  else if (height == 4) addRows<O, Four>(weights, x, steps, sums);
  else if (ASC_FEATURE_RELAXED_SIMD) addRows<O, Six>(weights, x, steps, sums);
}

class Two {}
class Four {}
class Six {}

// Written out, as nothing but locals is kept in registers.
function addRows<O, R>(weights: usize, x: usize, steps: i32, sums: usize): void {
  const height = idof<R>() == idof<Two>() ? 2 : idof<R>() == idof<Four>() ? 4 : 6;
  let low0 = i32x4.splat(0);
  let low1 = low0;
  let low2 = low0;
  let low3 = low0;
  let low4 = low0;
  let low5 = low0;
  let high0 = low0;
  let high1 = low0;
  let high2 = low0;
  let high3 = low0;
  let high4 = low0;
  let high5 = low0;
  const end = weights + steps * STEP_BYTES;
  for (; weights < end; weights += STEP_BYTES, x += height << 2) {
    const low = v128.load(weights);
    const high = v128.load(weights, 16);
    let row = v128.load32_splat(x);
    low0 = multiplyAdd<O>(low, row, low0);
    high0 = multiplyAdd<O>(high, row, high0);
    row = v128.load32_splat(x, 4);
    low1 = multiplyAdd<O>(low, row, low1);
    high1 = multiplyAdd<O>(high, row, high1);
    if (idof<R>() != idof<Two>()) {
      row = v128.load32_splat(x, 8);
      low2 = multiplyAdd<O>(low, row, low2);
      high2 = multiplyAdd<O>(high, row, high2);
      row = v128.load32_splat(x, 12);
      low3 = multiplyAdd<O>(low, row, low3);
      high3 = multiplyAdd<O>(high, row, high3);
    }
    if (idof<R>() == idof<Six>()) {
      row = v128.load32_splat(x, 16);
      low4 = multiplyAdd<O>(low, row, low4);
      high4 = multiplyAdd<O>(high, row, high4);
      row = v128.load32_splat(x, 20);
      low5 = multiplyAdd<O>(low, row, low5);
      high5 = multiplyAdd<O>(high, row, high5);
    }
  }
  addTo<O>(sums, low0, high0);
  addTo<O>(sums + 32, low1, high1);
  if (idof<R>() != idof<Two>()) {
    addTo<O>(sums + 64, low2, high2);
    addTo<O>(sums + 96, low3, high3);
  }
  if (idof<R>() == idof<Six>()) {
    addTo<O>(sums + 128, low4, high4);
    addTo<O>(sums + 160, low5, high5);
  }
}

function addTo<O>(at: usize, low: v128, high: v128): void {
  if (idof<O>() == idof<Floats>()) {
    v128.store(at, f32x4.add(v128.load(at), low));
    v128.store(at, f32x4.add(v128.load(at, 16), high), 16);
  } else {
    v128.store(at, i32x4.add(v128.load(at), low));
    v128.store(at, i32x4.add(v128.load(at, 16), high), 16);
  }
}

/** Tiles over so many rows of activations. */
export function tilesOf(rows: i32): i32 {
  return (rows + TILE_ROWS - 1) / TILE_ROWS;
}
