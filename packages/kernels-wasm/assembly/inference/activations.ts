import { F32_CODE, bytesOfCode } from '../dtype';
import { loadFloatOf, roundTo, storeFloatOf } from '../float';
import { roundExactlyTo, storeFourOf } from '../lanes';
import { quantizeAffine } from '../quantize-affine';
import { floatAt, word } from './step';

/** Rows that are quantized at once: their scales are kept, as quantizeAffine gives them, in 128 bytes. */
const ROWS_AT_ONCE: i32 = 16;

/** What quantizeAffine works in: 16 bytes for each of 512 blocks. */
const QUANTIZING_BYTES: i32 = 8192;

/**
 * Quantizes x: f32[M, K] as quantizeAffine does it from the layer's dtype: codes i8[M, K], and for each row a scale in f32 and a
 * zero point in i32. One unit: quantizeAffine keeps extremes in static memory, which threads share. `own` has 8192 + 256 bytes.
 */
export function quantizeActivations(args: usize, from: i32, to: i32, own: usize): void {
  const rows = word(args, 2);
  const whole = word(args, 4) != 0;
  const step = whole ? rows : ROWS_AT_ONCE;
  for (let first = 0; first < rows; first += step) quantizeRowsOf(args, first, min(first + step, rows), whole, own);
}

function quantizeRowsOf(args: usize, first: i32, end: i32, whole: bool, own: usize): void {
  const dtype = word(args, 1);
  const columns = word(args, 3);
  const scaleType = word(args, 9);
  const start = first * columns;
  const count = (end - first) * columns;
  const storedScale = own + QUANTIZING_BYTES;
  const storedZero = storedScale + 128;
  let input = <usize>word(args, 0) + (start << 2);
  if (dtype != F32_CODE) {
    const narrowed = <usize>word(args, 10) + (start << 1);
    narrow(input, count, narrowed, dtype);
    input = narrowed;
  }
  quantizeAffine(
    input,
    dtype,
    whole ? 1 : end - first,
    whole ? count : columns,
    1,
    word(args, 5),
    word(args, 6),
    word(args, 7),
    floatAt(args, 8),
    scaleType,
    0,
    0,
    <usize>word(args, 11) + start,
    storedScale,
    storedZero,
    own,
  );
  const scale = <usize>word(args, 12);
  const zero = <usize>word(args, 13);
  for (let row = first; row < end; row++) {
    const block = whole ? 0 : row - first;
    store<f32>(scale + (row << 2), loadFloatOf(storedScale + block * bytesOfCode(scaleType), scaleType));
    store<i32>(zero + (row << 2), load<i8>(storedZero + block));
  }
}

/** f32 to a dtype of 16 bits, half to even. */
function narrow(input: usize, count: i32, output: usize, dtype: i32): void {
  let at = 0;
  for (; at + 4 <= count; at += 4) {
    const values = roundExactlyTo(v128.load(input + (at << 2)), dtype);
    storeFourOf(output + (at << 1), values, dtype);
  }
  for (; at < count; at++) {
    storeFloatOf(output + (at << 1), roundTo(load<f32>(input + (at << 2)), dtype), dtype);
  }
}
