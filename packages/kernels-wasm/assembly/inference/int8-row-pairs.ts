import { PANEL_STEP, stepsOf } from './int8-layout';
import { finishRow, isPlain } from './int8-results';
import { Codes, multiplyAdd } from './register-tile';
import { word } from './step';

/** What 128 in every lower byte adds to each sum of the row, with whatever stands behind its end. */
export function addedToRow(args: usize): v128 {
  const start = <usize>word(args, 7);
  const end = start + ((<usize>stepsOf(word(args, 5))) << 2);
  const factors = i16x8.splat(128);
  let sums = i32x4.splat(0);
  for (let x = start; x < end; x += 16) sums = i32x4.add(sums, i32x4.dot_i16x8_s(v128.load(x), factors));
  sums = i32x4.add(sums, v128.shuffle<i32>(sums, sums, 2, 3, 0, 1));
  return i32x4.add(sums, v128.shuffle<i32>(sums, sums, 1, 0, 3, 2));
}

/**
 * One row over two panels, so that memory is read in two places. `both` sums products with pairs, 256 * upper + lower; `upper`,
 * those with upper bytes. Both are right modulo 2^32, where the sum of the lower ones fits.
 */
export function rowOfPairs(args: usize, first: i32, second: i32, added: v128, own: usize): void {
  const steps = stepsOf(word(args, 5));
  let x = <usize>word(args, 7);
  let a = <usize>word(args, 0) + first * steps * PANEL_STEP;
  let b = <usize>word(args, 0) + second * steps * PANEL_STEP;
  let both0 = i32x4.splat(0);
  let both1 = both0;
  let both2 = both0;
  let both3 = both0;
  let upper0 = both0;
  let upper1 = both0;
  let upper2 = both0;
  let upper3 = both0;
  for (const end = a + steps * PANEL_STEP; a < end; a += 2 * PANEL_STEP, b += 2 * PANEL_STEP, x += 8) {
    const x0 = v128.load32_splat(x);
    const x1 = v128.load32_splat(x, 4);
    const a0 = v128.load(a);
    both0 = multiplyAdd<Codes>(a0, x0, both0);
    upper0 = multiplyAdd<Codes>(i16x8.shr_s(a0, 8), x0, upper0);
    const a1 = v128.load(a, 16);
    both1 = multiplyAdd<Codes>(a1, x1, both1);
    upper1 = multiplyAdd<Codes>(i16x8.shr_s(a1, 8), x1, upper1);
    const b0 = v128.load(b);
    both2 = multiplyAdd<Codes>(b0, x0, both2);
    upper2 = multiplyAdd<Codes>(i16x8.shr_s(b0, 8), x0, upper2);
    const b1 = v128.load(b, 16);
    both3 = multiplyAdd<Codes>(b1, x1, both3);
    upper3 = multiplyAdd<Codes>(i16x8.shr_s(b1, 8), x1, upper3);
  }
  finishPairs(args, first, i32x4.add(both0, both1), i32x4.add(upper0, upper1), added, own);
  finishPairs(args, second, i32x4.add(both2, both3), i32x4.add(upper2, upper3), added, own);
}

function finishPairs(args: usize, panel: i32, both: v128, upper: v128, added: v128, own: usize): void {
  finishRow(args, panel, i32x4.sub(i32x4.sub(both, i32x4.shl(upper, 8)), added), upper, isPlain(args), own);
}
