import { Bf16, BF16_CODE, bytesOfCode, F16, F32, F32_CODE } from './dtype';
import { columnExtremes, rowExtremes } from './extremes';

/** Extremes of each block of [outer, length, inner] elements: f32[outer, inner] each. */
export function blockMinMax(
  input: usize,
  dtype: i32,
  outer: i32,
  length: i32,
  inner: i32,
  lowAt: usize,
  highAt: usize,
): void {
  if (inner == 1) {
    if (dtype == F32_CODE) rowExtremes<F32>(input, outer, length, lowAt, highAt);
    else if (dtype == BF16_CODE) rowExtremes<Bf16>(input, outer, length, lowAt, highAt);
    else rowExtremes<F16>(input, outer, length, lowAt, highAt);
    return;
  }
  const bytes = length * inner * bytesOfCode(dtype);
  for (let row = 0; row < outer; row++, input += bytes, lowAt += inner << 2, highAt += inner << 2) {
    if (dtype == F32_CODE) columnExtremes<F32>(input, length, inner, lowAt, highAt);
    else if (dtype == BF16_CODE) columnExtremes<Bf16>(input, length, inner, lowAt, highAt);
    else columnExtremes<F16>(input, length, inner, lowAt, highAt);
  }
}
