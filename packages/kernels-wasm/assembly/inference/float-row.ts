import { exponentStep, shiftedF16, upperHalf } from '../constants';
import { Bf16, F16, F32 } from '../dtype';
import { multiplyDigits } from './float-digits';
import {
  BF16_WEIGHTS,
  F16_WEIGHTS,
  F32_WEIGHTS,
  highFloats,
  INT4_WEIGHTS,
  INT8_WEIGHTS,
  lowFloats,
  panelAt,
  RUN,
  statisticsAt,
} from './float-weights';
import { Floats, multiplyAdd } from './register-tile';
import { word } from './step';

// One row of activations: weights are read once, so what they are made of is undone in registers. Four sums of each column are
// under way at a time.

/** Sums over K of a panel, f32[8] at `sums`. */
export function multiplyRow(args: usize, panel: i32, sums: usize): void {
  const kind = word(args, 1);
  v128.store(sums, f32x4.splat(0));
  v128.store(sums, f32x4.splat(0), 16);
  if (kind == F32_WEIGHTS) multiplyFloats<F32>(args, panel, sums);
  else if (kind == BF16_WEIGHTS) multiplyFloats<Bf16>(args, panel, sums);
  else if (kind == F16_WEIGHTS) multiplyFloats<F16>(args, panel, sums);
  else if (kind == INT8_WEIGHTS) multiplyBytes(args, panel, sums);
  else if (kind == INT4_WEIGHTS) multiplyNibbles(args, panel, sums);
  else if (ASC_FEATURE_RELAXED_SIMD) multiplyDigits(args, panel, sums);
}

/** Columns that one sum takes before it is added to a total: four sums, as many columns each as a run has. */
const STRETCH: i32 = 4 * RUN;

function multiplyFloats<T>(args: usize, panel: i32, sums: usize): void {
  const bytes = idof<T>() == idof<F32>() ? 32 : 16;
  const upper = upperHalf();
  const magnitude = shiftedF16();
  const step = exponentStep();
  const columns = word(args, 8);
  let weights = panelAt(args, panel);
  let x = <usize>word(args, 10);
  for (let column = 0; column < columns; column += STRETCH) {
    let low0 = f32x4.splat(0);
    let low1 = low0;
    let low2 = low0;
    let low3 = low0;
    let high0 = low0;
    let high1 = low0;
    let high2 = low0;
    let high3 = low0;
    // Both are filled with zeros to a multiple of four.
    const end = x + (min(columns - column, STRETCH) << 2);
    for (; x < end; x += 16, weights += 4 * bytes) {
      const x0 = v128.load32_splat(x);
      low0 = multiplyAdd<Floats>(lowFloats<T>(weights, magnitude, step), x0, low0);
      high0 = multiplyAdd<Floats>(highFloats<T>(weights, upper, magnitude, step), x0, high0);
      const x1 = v128.load32_splat(x, 4);
      low1 = multiplyAdd<Floats>(lowFloats<T>(weights + bytes, magnitude, step), x1, low1);
      high1 = multiplyAdd<Floats>(highFloats<T>(weights + bytes, upper, magnitude, step), x1, high1);
      const x2 = v128.load32_splat(x, 8);
      low2 = multiplyAdd<Floats>(lowFloats<T>(weights + 2 * bytes, magnitude, step), x2, low2);
      high2 = multiplyAdd<Floats>(highFloats<T>(weights + 2 * bytes, upper, magnitude, step), x2, high2);
      const x3 = v128.load32_splat(x, 12);
      low3 = multiplyAdd<Floats>(lowFloats<T>(weights + 3 * bytes, magnitude, step), x3, low3);
      high3 = multiplyAdd<Floats>(highFloats<T>(weights + 3 * bytes, upper, magnitude, step), x3, high3);
    }
    const low = f32x4.add(f32x4.add(low0, low1), f32x4.add(low2, low3));
    const high = f32x4.add(f32x4.add(high0, high1), f32x4.add(high2, high3));
    v128.store(sums, f32x4.add(v128.load(sums), low));
    v128.store(sums, f32x4.add(v128.load(sums, 16), high), 16);
  }
}

function multiplyBytes(args: usize, panel: i32, sums: usize): void {
  const size = word(args, 2);
  const columns = word(args, 8);
  let weights = panelAt(args, panel);
  let x = <usize>word(args, 10);
  let scales = statisticsAt(args, 3, panel, 0, 4);
  let zerosAt = statisticsAt(args, 4, panel, 0, 1);
  for (let column = 0; column < columns; column += size, scales += 32, zerosAt += 8) {
    const zeros = v128.load_ext<i8>(zerosAt);
    for (let done = 0; done < size; done += STRETCH) {
      let low0 = f32x4.splat(0);
      let low1 = low0;
      let low2 = low0;
      let low3 = low0;
      let high0 = low0;
      let high1 = low0;
      let high2 = low0;
      let high3 = low0;
      const end = x + (min(size - done, STRETCH) << 2);
      for (; x + 16 <= end; x += 16, weights += 32) {
        let codes = i16x8.sub(v128.load_ext<i8>(weights), zeros);
        const x0 = v128.load32_splat(x);
        low0 = multiplyAdd<Floats>(lowCodes(codes), x0, low0);
        high0 = multiplyAdd<Floats>(highCodes(codes), x0, high0);
        codes = i16x8.sub(v128.load_ext<i8>(weights, 8), zeros);
        const x1 = v128.load32_splat(x, 4);
        low1 = multiplyAdd<Floats>(lowCodes(codes), x1, low1);
        high1 = multiplyAdd<Floats>(highCodes(codes), x1, high1);
        codes = i16x8.sub(v128.load_ext<i8>(weights, 16), zeros);
        const x2 = v128.load32_splat(x, 8);
        low2 = multiplyAdd<Floats>(lowCodes(codes), x2, low2);
        high2 = multiplyAdd<Floats>(highCodes(codes), x2, high2);
        codes = i16x8.sub(v128.load_ext<i8>(weights, 24), zeros);
        const x3 = v128.load32_splat(x, 12);
        low3 = multiplyAdd<Floats>(lowCodes(codes), x3, low3);
        high3 = multiplyAdd<Floats>(highCodes(codes), x3, high3);
      }
      for (; x < end; x += 4, weights += 8) {
        const codes = i16x8.sub(v128.load_ext<i8>(weights), zeros);
        const x0 = v128.load32_splat(x);
        low0 = multiplyAdd<Floats>(lowCodes(codes), x0, low0);
        high0 = multiplyAdd<Floats>(highCodes(codes), x0, high0);
      }
      const low = f32x4.add(f32x4.add(low0, low1), f32x4.add(low2, low3));
      const high = f32x4.add(f32x4.add(high0, high1), f32x4.add(high2, high3));
      addScaled(sums, low, high, scales);
    }
  }
}

function lowCodes(codes: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(codes));
}

function highCodes(codes: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(codes));
}

function addScaled(sums: usize, low: v128, high: v128, scales: usize): void {
  v128.store(sums, f32x4.add(v128.load(sums), f32x4.mul(low, v128.load(scales))));
  v128.store(sums, f32x4.add(v128.load(sums, 16), f32x4.mul(high, v128.load(scales, 16))), 16);
}

/**
 * Nibbles are not shifted down: those at place j count 16^j times as much, and nibbleOperands has multiplied activations with
 * 16^(3 - j).
 */
function multiplyNibbles(args: usize, panel: i32, sums: usize): void {
  const size = word(args, 2);
  const columns = word(args, 8);
  const weights = panelAt(args, panel);
  const scaled = <usize>word(args, 11);
  const rest = word(args, 5) != 0;
  const unit = f32x4.splat(1 / 4096);
  const sixteen = f32x4.splat(16);
  const eight = f32x4.splat(8);
  const signs = f32x4.splat(8 * 268435456);
  let scales = statisticsAt(args, 3, panel, 0, 4);
  let zerosAt = statisticsAt(args, 4, panel, 0, 1);
  let restsAt = statisticsAt(args, 5, panel, 0, 4);
  let groupSums = <usize>word(args, 12);
  for (let column = 0; column < columns; column += size, scales += 32, zerosAt += 8, restsAt += 32, groupSums += 4) {
    const zeros = v128.load_ext<i8>(zerosAt);
    for (let done = 0; done < size; done += STRETCH) {
      const from = column + done;
      const end = from + min(size - done, STRETCH);
      let low0 = f32x4.splat(0);
      let low1 = low0;
      let high0 = low0;
      let high1 = low0;
      let mask = i32x4.splat(15);
      let lowZeros = f32x4.add(lowCodes(zeros), eight);
      let highZeros = f32x4.add(highCodes(zeros), eight);
      for (let place = 0; place < 8; place++) {
        if (place == 7) {
          lowZeros = f32x4.sub(lowZeros, signs);
          highZeros = f32x4.sub(highZeros, signs);
        }
        let at = weights + (from << 2);
        let x = scaled + ((from + place) << 2);
        const last = weights + (end << 2);
        for (; at + 128 <= last; at += 128, x += 128) {
          const x0 = v128.load32_splat(x);
          low0 = multiplyAdd<Floats>(nibbles(v128.load(at), mask, lowZeros), x0, low0);
          high0 = multiplyAdd<Floats>(nibbles(v128.load(at, 16), mask, highZeros), x0, high0);
          const x1 = v128.load32_splat(x, 32);
          low1 = multiplyAdd<Floats>(nibbles(v128.load(at, 32), mask, lowZeros), x1, low1);
          high1 = multiplyAdd<Floats>(nibbles(v128.load(at, 48), mask, highZeros), x1, high1);
          const x2 = v128.load32_splat(x, 64);
          low0 = multiplyAdd<Floats>(nibbles(v128.load(at, 64), mask, lowZeros), x2, low0);
          high0 = multiplyAdd<Floats>(nibbles(v128.load(at, 80), mask, highZeros), x2, high0);
          const x3 = v128.load32_splat(x, 96);
          low1 = multiplyAdd<Floats>(nibbles(v128.load(at, 96), mask, lowZeros), x3, low1);
          high1 = multiplyAdd<Floats>(nibbles(v128.load(at, 112), mask, highZeros), x3, high1);
        }
        for (; at < last; at += 32, x += 32) {
          const x0 = v128.load32_splat(x);
          low0 = multiplyAdd<Floats>(nibbles(v128.load(at), mask, lowZeros), x0, low0);
          high0 = multiplyAdd<Floats>(nibbles(v128.load(at, 16), mask, highZeros), x0, high0);
        }
        mask = i32x4.shl(mask, 4);
        lowZeros = f32x4.mul(lowZeros, sixteen);
        highZeros = f32x4.mul(highZeros, sixteen);
      }
      addScaled(sums, f32x4.mul(f32x4.add(low0, low1), unit), f32x4.mul(f32x4.add(high0, high1), unit), scales);
    }
    if (rest) {
      const sum = v128.load32_splat(groupSums);
      addScaled(sums, sum, sum, restsAt);
    }
  }
}

function nibbles(words: v128, mask: v128, zeros: v128): v128 {
  return f32x4.sub(f32x4.convert_i32x4_s(v128.and(words, mask)), zeros);
}

/**
 * Activations for nibbles at their places (f32[K], K a multiple of 8), and sums of them for each group (f32[groups]). One unit.
 * Words: x, K, columns to a group, where the first go, where the sums go.
 */
export function nibbleOperands(args: usize, from: i32, to: i32, own: usize): void {
  if (to <= from) return;
  const x = <usize>word(args, 0);
  const columns = word(args, 1) << 2;
  const size = word(args, 2) << 2;
  const target = <usize>word(args, 3);
  let sums = <usize>word(args, 4);
  const first = f32x4(4096, 256, 16, 1);
  const second = f32x4(1 / 16.0, 1 / 256.0, 1 / 4096.0, 1 / 65536.0);
  for (let group = 0; group < columns; group += size, sums += 4) {
    let even = f64x2.splat(0);
    let odd = even;
    for (let at = group; at < group + size; at += 32) {
      const low = v128.load(x + at);
      const high = v128.load(x + at, 16);
      v128.store(target + at, f32x4.mul(low, first));
      v128.store(target + at, f32x4.mul(high, second), 16);
      even = f64x2.add(even, f64x2.add(f64x2.promote_low_f32x4(low), f64x2.promote_low_f32x4(high)));
      odd = f64x2.add(odd, f64x2.add(upperAsF64(low), upperAsF64(high)));
    }
    const sum = f64x2.add(even, odd);
    store<f32>(sums, <f32>(f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)));
  }
}

function upperAsF64(values: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(values, values, 1, 1));
}
