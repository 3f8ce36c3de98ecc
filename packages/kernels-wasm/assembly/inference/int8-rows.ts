import { PANEL_STEP, STEP_CODES, stepsOf } from './int8-layout';
import { finish } from './int8-results';
import { negative128, oneRow } from './int8-row';
import { addedToRow, rowOfPairs } from './int8-row-pairs';
import { PANEL } from './panels';
import { addTile, Codes, evenRows, multiplyAdd, STEP_BYTES, TILE_ROWS, tileHeight } from './register-tile';
import { word } from './step';

// Codes of 8 bits under codes of 8 bits, exactly. Relaxed dot products take the second operand, here activations, from 0 to 127.
// What they make of others is known by a probe (byteDots), and activations are laid out for it:
//
// - signed: they are what they are.
// - unsigned: 128 is added to each, and 128 times the sum of each row of weights is taken away.
// - neither: in two planes, signs and the lower 7 bits. A code is the lower bits less 128 times the sign.
//
// Plain SIMD multiplies 16 bits: activations are widened once. Weights lie in pairs, one of the columns 0 to 3 in the lower byte of
// 16 bits, with 128 added, and one of the columns 4 to 7 in the upper byte. Multiplied as they are, and the upper byte once more by
// itself, they need one shift for two columns instead of being widened twice. For more rows, a panel is widened at a time.

/**
 * Lays activations out for int8Rows: for each tile of rows [steps, height] of 4 bytes, one plane behind the other.
 * Units are tiles. Words: codes i8[M, K], M, K, target, number of planes, what flips bits of codes.
 */
export function int8Operands(args: usize, from: i32, to: i32, own: usize): void {
  const codes = <usize>word(args, 0);
  const rows = word(args, 1);
  const columns = word(args, 2);
  const steps = stepsOf(columns);
  const target = <usize>word(args, 3);
  const planes = word(args, 4);
  const flip = word(args, 5);
  const planeBytes = planeBytesOf(rows, steps);
  for (let tile = from; tile < to; tile++) {
    const first = tile * TILE_ROWS;
    const height = tileHeight(rows, first);
    const at = target + ((first * steps) << 2);
    for (let row = 0; row < height; row++) {
      const source = codes + min(first + row, rows - 1) * columns;
      let put = at + (row << 2);
      for (let step = 0; step < steps; step++, put += height << 2) {
        // Behind the end of a row stands anything: weights are 0 there.
        if (ASC_FEATURE_RELAXED_SIMD) {
          const four = load<u32>(source + (step << 2)) ^ flip;
          if (planes == 1) {
            store<u32>(put, four);
          } else {
            store<u32>(put, (four >> 7) & 0x01010101);
            store<u32>(put + planeBytes, four & 0x7f7f7f7f);
          }
        } else {
          store<i16>(put, load<i8>(source + (step << 1)));
          store<i16>(put, load<i8>(source + (step << 1), 1), 2);
        }
      }
    }
  }
}

function planeBytesOf(rows: i32, steps: i32): i32 {
  return (evenRows(rows) * steps) << 2;
}

/** See LinearLayer in @fewbit/core for the results. Units are panels. `own`: 32 bytes a step, and 192. */
export function int8Rows(args: usize, from: i32, to: i32, own: usize): void {
  const rows = word(args, 6);
  if (word(args, 5) > NARROW) {
    for (let panel = from; panel < to; panel++) wideRows(args, panel, rows, own);
    return;
  }
  if (rows == 1) {
    if (ASC_FEATURE_RELAXED_SIMD) {
      oneRow(args, from, to, own);
    } else {
      const added = addedToRow(args);
      for (let panel = from; panel < to; panel += 2) rowOfPairs(args, panel, min(panel + 1, to - 1), added, own);
    }
    return;
  }
  const steps = stepsOf(word(args, 5));
  // Activations are to stay in a cache while panels pass by.
  const block = max((ROWS_BYTES / (steps << 2) / TILE_ROWS) * TILE_ROWS, TILE_ROWS);
  for (let first = 0; first < rows; first += block) {
    for (let panel = from; panel < to; panel++) rowsOfPanel(args, panel, first, min(first + block, rows), own);
  }
}

const ROWS_BYTES: i32 = 524288;

/** Columns whose products add up to 32 bits, whatever they are. */
const NARROW: i32 = 131071;

function rowsOfPanel(args: usize, panel: i32, first: i32, end: i32, own: usize): void {
  const steps = stepsOf(word(args, 5));
  const rows = word(args, 6);
  const operands = <usize>word(args, 7);
  const planes = word(args, 8);
  const planeBytes = planeBytesOf(rows, steps);
  let weights = <usize>word(args, 0) + panel * steps * PANEL_STEP;
  if (!ASC_FEATURE_RELAXED_SIMD) {
    const widened = own + 192;
    const lower = i16x8.splat(255);
    const added = i16x8.splat(128);
    for (let at = 0; at < steps * STEP_BYTES; at += STEP_BYTES) {
      const pairs = v128.load(weights + (at >> 1));
      v128.store(widened + at, i16x8.sub(v128.and(pairs, lower), added));
      v128.store(widened + at, i16x8.shr_s(pairs, 8), 16);
    }
    weights = widened;
  }
  for (; first < end; first += TILE_ROWS) {
    const height = tileHeight(rows, first);
    const x = operands + ((first * steps) << 2);
    for (let row = 0; row < height; row++) {
      v128.store(own + (row << 5), i32x4.splat(0));
      v128.store(own + (row << 5), i32x4.splat(0), 16);
    }
    if (planes == 2) {
      addTile<Codes>(height, weights, x, steps, own);
      for (let row = 0; row < height; row++) {
        v128.store(own + (row << 5), negative128(v128.load(own + (row << 5))));
        v128.store(own + (row << 5), negative128(v128.load(own + (row << 5), 16)), 16);
      }
      addTile<Codes>(height, weights, x + planeBytes, steps, own);
    } else {
      addTile<Codes>(height, weights, x, steps, own);
    }
    finish(args, panel, first, min(first + TILE_ROWS, end), own, false);
  }
}

/** Rows so long that sums take more than 32 bits: no layer that anyone has seen. */
function wideRows(args: usize, panel: i32, rows: i32, own: usize): void {
  const columns = word(args, 5);
  const weights = <usize>word(args, 0) + panel * stepsOf(columns) * PANEL_STEP;
  for (let row = 0; row < rows; row++) {
    const codes = <usize>word(args, 14) + row * columns;
    for (let place = 0; place < PANEL; place++) {
      let sum: i64 = 0;
      for (let column = 0; column < columns; column++) {
        sum += <i32>codeAt(weights, column, place) * <i32>load<i8>(codes + column);
      }
      store<f32>(own + (place << 2), <f32>sum);
    }
    finish(args, panel, row, row + 1, own, true);
  }
}

function codeAt(weights: usize, column: i32, place: i32): i8 {
  const step = weights + (column / STEP_CODES) * PANEL_STEP;
  if (ASC_FEATURE_RELAXED_SIMD) return load<i8>(step + place * STEP_CODES + (column % STEP_CODES));
  const pairs = step + ((place & 3) << 2) + ((column & 1) << 1);
  return place < 4 ? load<i8>(pairs) ^ -128 : load<i8>(pairs, 1);
}
