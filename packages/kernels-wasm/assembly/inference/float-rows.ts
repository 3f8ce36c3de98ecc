import { roundExactlyTo } from '../lanes';
import { multiplyRow } from './float-row';
import { RUN, widenedPanel } from './float-weights';
import { PANEL, storeResults } from './panels';
import { addTile, Floats, TILE_ROWS, tileHeight } from './register-tile';
import { word } from './step';

/**
 * Lays activations out for floatRows: for each tile of rows [K, height] of f32; one row alone is filled with zeros to a multiple
 * of 32. Units are tiles. Words: f32[M, K] x, M, K, target; or in place of x (0), codes i8[M, K], f32[M] scales, i32[M] zero
 * points; f32[K], by which columns are multiplied, or 0.
 */
export function floatOperands(args: usize, from: i32, to: i32, own: usize): void {
  const x = <usize>word(args, 0);
  const rows = word(args, 1);
  const columns = word(args, 2);
  const target = <usize>word(args, 3);
  const codes = <usize>word(args, 4);
  const factors = <usize>word(args, 7);
  for (let tile = from; tile < to; tile++) {
    const first = tile * TILE_ROWS;
    const height = tileHeight(rows, first);
    for (let place = 0; place < height; place++) {
      const row = min(first + place, rows - 1);
      const source = row * columns;
      let at = target + ((first * columns + place) << 2);
      if (x != 0) {
        for (let column = 0; column < columns; column++, at += height << 2) {
          store<f32>(at, load<f32>(x + ((source + column) << 2)));
        }
      } else {
        const scale = load<f32>(<usize>word(args, 5) + (row << 2));
        const zero = load<i32>(<usize>word(args, 6) + (row << 2));
        for (let column = 0; column < columns; column++, at += height << 2) {
          store<f32>(at, <f32>(load<i8>(codes + source + column) - zero) * scale);
        }
      }
      if (factors == 0) continue;
      at = target + ((first * columns + place) << 2);
      for (let column = 0; column < columns; column++, at += height << 2) {
        store<f32>(at, load<f32>(at) * load<f32>(factors + (column << 2)));
      }
    }
  }
  if (rows == 1) memory.fill(target + (columns << 2), 0, (-columns & 31) << 2);
}

// Words of floatRows, after those of the weight (float-weights.ts): M, operands, those of nibbleOperands or digitOperands, sums
// of groups (nibbleOperands), f32[M, N] results, the layer's dtype; of quads, sums of blocks, bits of a digit, records.

/** Rows that are done at once. */
const BLOCK: i32 = 96;

/** See LinearLayer in @fewbit/core. Units are panels. `own`: 32 bytes for each of RUN columns and of BLOCK rows. */
export function floatRows(args: usize, from: i32, to: i32, own: usize): void {
  const rows = word(args, 9);
  if (rows == 1) {
    for (let panel = from; panel < to; panel++) {
      multiplyRow(args, panel, own);
      finish(args, panel, 0, own);
    }
    return;
  }
  for (let first = 0; first < rows; first += BLOCK) {
    for (let panel = from; panel < to; panel++) multiplyBlock(args, panel, first, min(first + BLOCK, rows), own);
  }
}

function multiplyBlock(args: usize, panel: i32, first: i32, end: i32, own: usize): void {
  const columns = word(args, 8);
  const rows = word(args, 9);
  const operands = <usize>word(args, 10);
  const sums = own + RUN * 32;
  memory.fill(sums, 0, BLOCK << 5);
  for (let column = 0; column < columns; column += RUN) {
    const last = min(column + RUN, columns);
    const weights = widenedPanel(args, panel, column, last, own);
    for (let row = first; row < end; row += TILE_ROWS) {
      const height = tileHeight(rows, row);
      const x = operands + ((row * columns + column * height) << 2);
      addTile<Floats>(height, weights, x, last - column, sums + ((row - first) << 5));
    }
  }
  for (let row = first; row < end; row++) finish(args, panel, row, sums + ((row - first) << 5));
}

function finish(args: usize, panel: i32, row: i32, sums: usize): void {
  const width = word(args, 7);
  const dtype = word(args, 14);
  const column = panel * PANEL;
  const biases = <usize>word(args, 6) + (column << 2);
  const low = roundExactlyTo(f32x4.add(v128.load(sums), v128.load(biases)), dtype);
  const high = roundExactlyTo(f32x4.add(v128.load(sums, 16), v128.load(biases, 16)), dtype);
  storeResults(<usize>word(args, 13) + ((row * width + column) << 2), low, high, width - column);
}
