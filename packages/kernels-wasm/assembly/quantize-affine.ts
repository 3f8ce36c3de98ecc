import { allOrdinary, blockCodes, Centred, columnCodes, Shifted } from './affine-codes';
import { chooseParams, qmax, qmin, scaleDtype, setScheme, symmetricScale, zeroPointsAreZero } from './affine-params';
import { Bf16, BF16_CODE, bytesOf, bytesOfCode, F16, F32, F32_CODE } from './dtype';
import { blockExtremes, blockMagnitudes, columnExtremes } from './extremes';
import { TILE_BLOCKS, tileBlocks } from './tile';

/**
 * Integer affine quantization of [outer, length, inner] elements; see QuantizingOperations.quantizeAffine.
 *
 * `scratch` holds 16 bytes for each of max(512, inner) blocks. `givenLow` is 0 where extremes are those of the elements.
 */
export function quantizeAffine(
  input: usize,
  dtype: i32,
  outer: i32,
  length: i32,
  inner: i32,
  low: i32,
  high: i32,
  mapping: i32,
  lowestScale: f32,
  scaleType: i32,
  givenLow: usize,
  givenHigh: usize,
  codesAt: usize,
  scaleAt: usize,
  zeroAt: usize,
  scratch: usize,
): void {
  setScheme(low, high, mapping, lowestScale, scaleType);
  // PyTorch's promotion: two different float dtypes meet in f32.
  if (dtype == F32_CODE) {
    quantize<F32, F32>(input, outer, length, inner, givenLow, givenHigh, codesAt, scaleAt, zeroAt, scratch);
  } else if (dtype == BF16_CODE) {
    if (scaleDtype == dtype) {
      quantize<Bf16, Bf16>(input, outer, length, inner, givenLow, givenHigh, codesAt, scaleAt, zeroAt, scratch);
    } else {
      quantize<Bf16, F32>(input, outer, length, inner, givenLow, givenHigh, codesAt, scaleAt, zeroAt, scratch);
    }
  } else if (scaleDtype == dtype) {
    quantize<F16, F16>(input, outer, length, inner, givenLow, givenHigh, codesAt, scaleAt, zeroAt, scratch);
  } else {
    quantize<F16, F32>(input, outer, length, inner, givenLow, givenHigh, codesAt, scaleAt, zeroAt, scratch);
  }
}

function quantize<T, P>(
  input: usize,
  outer: i32,
  length: i32,
  inner: i32,
  givenLow: usize,
  givenHigh: usize,
  codesAt: usize,
  scaleAt: usize,
  zeroAt: usize,
  scratch: usize,
): void {
  if (inner == 1) quantizeRows<T, P>(input, outer, length, givenLow, givenHigh, codesAt, scaleAt, zeroAt, scratch);
  else quantizeColumns<T, P>(input, outer, length, inner, givenLow, givenHigh, codesAt, scaleAt, zeroAt, scratch);
}

/** Blocks of consecutive elements, some at a time: statistics, then parameters, then codes. */
function quantizeRows<T, P>(
  input: usize,
  blocks: i32,
  length: i32,
  givenLow: usize,
  givenHigh: usize,
  codesAt: usize,
  scaleAt: usize,
  zeroAt: usize,
  scratch: usize,
): void {
  const bytes = length * bytesOf<T>();
  const tile = tileBlocks(bytes);
  const lowAt = scratch;
  const highAt = scratch + (TILE_BLOCKS << 2);
  const factorAt = scratch + (TILE_BLOCKS << 3);
  const largestAt = scratch + TILE_BLOCKS * 12;
  const scaleBytes = bytesOfCode(scaleDtype);
  const symmetric = symmetricScale();
  const centred = zeroPointsAreZero();
  for (let first = 0; first < blocks; first += tile) {
    const count = min(tile, blocks - first);
    const at = input + first * bytes;
    if (givenLow != 0 || symmetric) {
      blockMagnitudes<T>(at, count, length, largestAt);
    } else {
      blockExtremes<T>(at, count, length, lowAt, highAt);
      for (let block = 0; block < count; block += 4) {
        const negated = f32x4.neg(v128.load(lowAt + (block << 2)));
        v128.store(largestAt + (block << 2), f32x4.max(negated, v128.load(highAt + (block << 2))));
      }
    }
    chooseParams<T>(
      count,
      givenLow != 0 ? givenLow + (first << 2) : symmetric ? 0 : lowAt,
      givenLow != 0 ? givenHigh + (first << 2) : symmetric ? largestAt : highAt,
      factorAt,
      scaleAt + first * scaleBytes,
      zeroAt + first,
    );
    const simd = allOrdinary(count, largestAt, factorAt);
    const to = codesAt + first * length;
    if (centred) blockCodes<T, P, Centred>(at, count, length, to, factorAt, zeroAt + first, qmin, qmax, simd);
    else blockCodes<T, P, Shifted>(at, count, length, to, factorAt, zeroAt + first, qmin, qmax, simd);
  }
}

/** Blocks at a stride, `inner` of them side by side: row after row, so that memory is read in order. */
function quantizeColumns<T, P>(
  input: usize,
  outer: i32,
  length: i32,
  inner: i32,
  givenLow: usize,
  givenHigh: usize,
  codesAt: usize,
  scaleAt: usize,
  zeroAt: usize,
  scratch: usize,
): void {
  const highAt = scratch + (inner << 2);
  const factorAt = scratch + (inner << 3);
  const scaleBytes = bytesOfCode(scaleDtype);
  let at = input;
  for (let row = 0; row < outer; row++) {
    const first = row * inner;
    if (givenLow == 0) columnExtremes<T>(at, length, inner, scratch, highAt);
    chooseParams<T>(
      inner,
      givenLow == 0 ? scratch : givenLow + (first << 2),
      givenLow == 0 ? highAt : givenHigh + (first << 2),
      factorAt,
      scaleAt + first * scaleBytes,
      zeroAt + first,
    );
    for (let step = 0; step < length; step++, at += inner * bytesOf<T>(), codesAt += inner) {
      columnCodes<T, P>(at, inner, codesAt, factorAt, zeroAt + first, qmin, qmax);
    }
  }
}
