import { PANEL_STEP, stepsOf } from './int8-layout';
import { finishRow, isPlain } from './int8-results';
import { Codes, multiplyAdd } from './register-tile';
import { word } from './step';

/**
 * One row of activations over panels, two at a time, so that memory is read in two places. Relaxed SIMD; see int8Rows for what
 * operands are.
 */
export function oneRow(args: usize, from: i32, to: i32, own: usize): void {
  const bytes = <usize>stepsOf(word(args, 5)) * PANEL_STEP;
  const planes = word(args, 8);
  const plain = isPlain(args);
  for (let panel = from; panel < to; panel += 2) {
    const other = min(panel + 1, to - 1);
    const start = <usize>word(args, 0) + <usize>panel * bytes;
    const end = start + bytes;
    const apart = <usize>(other - panel) * bytes;
    let x = <usize>word(args, 7);
    let low0 = i32x4.splat(0);
    let high0 = low0;
    let low2 = low0;
    let high2 = low0;
    for (let plane = planes; plane > 0; plane--) {
      let low1 = i32x4.splat(0);
      let high1 = low1;
      let low3 = low1;
      let high3 = low1;
      let second = start + apart;
      for (let first = start; first < end; first += 2 * PANEL_STEP, second += 2 * PANEL_STEP, x += 8) {
        const x0 = v128.load32_splat(x);
        const x1 = v128.load32_splat(x, 4);
        low0 = multiplyAdd<Codes>(v128.load(first), x0, low0);
        high0 = multiplyAdd<Codes>(v128.load(first, 16), x0, high0);
        low1 = multiplyAdd<Codes>(v128.load(first, 32), x1, low1);
        high1 = multiplyAdd<Codes>(v128.load(first, 48), x1, high1);
        low2 = multiplyAdd<Codes>(v128.load(second), x0, low2);
        high2 = multiplyAdd<Codes>(v128.load(second, 16), x0, high2);
        low3 = multiplyAdd<Codes>(v128.load(second, 32), x1, low3);
        high3 = multiplyAdd<Codes>(v128.load(second, 48), x1, high3);
      }
      low0 = i32x4.add(low0, low1);
      high0 = i32x4.add(high0, high1);
      low2 = i32x4.add(low2, low3);
      high2 = i32x4.add(high2, high3);
      if (plane == 2) {
        low0 = negative128(low0);
        high0 = negative128(high0);
        low2 = negative128(low2);
        high2 = negative128(high2);
      }
    }
    finishRow(args, panel, low0, high0, plain, own);
    finishRow(args, other, low2, high2, plain, own);
  }
}

/** Signs of codes, as a plane of their own, count -128. */
export function negative128(sums: v128): v128 {
  return i32x4.neg(i32x4.shl(sums, 7));
}
