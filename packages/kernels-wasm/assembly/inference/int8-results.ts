import { F32_CODE } from '../dtype';
import { roundExactlyTo } from '../lanes';
import { PANEL, storeResults } from './panels';
import { word } from './step';

/** `finish` of the only row. `plain` is isPlain(). */
export function finishRow(args: usize, panel: i32, low: v128, high: v128, plain: bool, own: usize): void {
  if (plain) {
    finishPlain(args, panel, low, high);
    return;
  }
  v128.store(own, low);
  v128.store(own, high, 16);
  finish(args, panel, 0, 1, own, false);
}

/** Whether results are f32 and activations have no zero points. */
export function isPlain(args: usize): bool {
  return word(args, 13) == F32_CODE && word(args, 11) == 0;
}

/** Without what changes nothing where that is so: for one row, `finish` takes a tenth of the time. */
function finishPlain(args: usize, panel: i32, low: v128, high: v128): void {
  const column = panel * PANEL;
  const offset = i32x4.splat(word(args, 9));
  const scale = v128.load32_splat(<usize>word(args, 10));
  const codes = <usize>word(args, 2) + (column << 2);
  const scales = <usize>word(args, 1) + (column << 2);
  const biases = <usize>word(args, 3) + (column << 2);
  low = f32x4.convert_i32x4_s(i32x4.sub(low, i32x4.mul(v128.load(codes), offset)));
  high = f32x4.convert_i32x4_s(i32x4.sub(high, i32x4.mul(v128.load(codes, 16), offset)));
  low = f32x4.add(f32x4.mul(f32x4.mul(low, scale), v128.load(scales)), v128.load(biases));
  high = f32x4.add(f32x4.mul(f32x4.mul(high, scale), v128.load(scales, 16)), v128.load(biases, 16));
  storeResults(<usize>word(args, 12) + (column << 2), low, high, word(args, 4) - column);
}

/**
 * From sums, [rows, 8], to results: see LinearLayer in @fewbit/core for every step. `wide`: they are f32 already, and nothing was
 * added to activations.
 */
export function finish(args: usize, panel: i32, row: i32, end: i32, sums: usize, wide: bool): void {
  const column = panel * PANEL;
  const width = word(args, 4);
  const dtype = word(args, 13);
  const offset = i32x4.splat(word(args, 9));
  const codes = <usize>word(args, 2) + (column << 2);
  const scales = <usize>word(args, 1) + (column << 2);
  const biases = <usize>word(args, 3) + (column << 2);
  const lowCodes = v128.load(codes);
  const highCodes = v128.load(codes, 16);
  const lowAdded = i32x4.mul(lowCodes, offset);
  const highAdded = i32x4.mul(highCodes, offset);
  const lowScales = v128.load(scales);
  const highScales = v128.load(scales, 16);
  const lowBiases = v128.load(biases);
  const highBiases = v128.load(biases, 16);
  const zeros = <usize>word(args, 11);
  let rowScale = <usize>word(args, 10) + (row << 2);
  let at = <usize>word(args, 12) + ((row * width + column) << 2);
  for (; row < end; row++, sums += 32, rowScale += 4, at += width << 2) {
    const scale = v128.load32_splat(rowScale);
    let low = v128.load(sums);
    let high = v128.load(sums, 16);
    if (!wide) {
      low = f32x4.convert_i32x4_s(i32x4.sub(low, lowAdded));
      high = f32x4.convert_i32x4_s(i32x4.sub(high, highAdded));
    }
    low = roundExactlyTo(f32x4.mul(low, scale), dtype);
    high = roundExactlyTo(f32x4.mul(high, scale), dtype);
    if (zeros != 0) {
      const shift = f32x4.mul(f32x4.splat(<f32>load<i32>(zeros + (row << 2))), scale);
      low = shifted(low, shift, lowCodes, dtype);
      high = shifted(high, shift, highCodes, dtype);
    }
    low = roundExactlyTo(f32x4.add(f32x4.mul(low, lowScales), lowBiases), dtype);
    high = roundExactlyTo(f32x4.add(f32x4.mul(high, highScales), highBiases), dtype);
    storeResults(at, low, high, width - column);
  }
}

function shifted(results: v128, shift: v128, codes: v128, dtype: i32): v128 {
  const taken = roundExactlyTo(f32x4.mul(shift, f32x4.convert_i32x4_s(codes)), dtype);
  return roundExactlyTo(f32x4.sub(results, taken), dtype);
}
