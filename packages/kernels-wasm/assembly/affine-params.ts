import { round, roundTo, storeFloatOf } from './float';
import { bytesOfCode } from './dtype';

// Mapping types, as the host passes them.
const SYMMETRIC: i32 = 0;
const SYMMETRIC_NO_CLIPPING_ERR: i32 = 1;

// What every block of a request shares. One request runs at a time.
export let qmin: i32 = 0;
export let qmax: i32 = 0;
export let scaleDtype: i32 = 0;
let mapping: i32 = 0;
let lowestScale: f32 = 0;

/** `lowest` is `eps` rounded to the weight's dtype. */
export function setScheme(low: i32, high: i32, map: i32, lowest: f32, dtype: i32): void {
  qmin = low;
  qmax = high;
  mapping = map;
  lowestScale = lowest;
  scaleDtype = dtype;
}

/** Whether only the larger magnitude of a block's extremes counts. */
export function symmetricScale(): bool {
  return mapping == SYMMETRIC;
}

/**
 * torchao's choose_qparams_affine for some blocks, from their extremes: scales and zero points to the result, and what
 * elements are multiplied with, the scale's reciprocal in its own dtype, to f32[blocks].
 */
export function chooseParams<T>(
  blocks: i32,
  lowAt: usize,
  highAt: usize,
  factorAt: usize,
  scaleAt: usize,
  zeroAt: usize,
): void {
  const lowest = <f32>qmin;
  const highest = <f32>qmax;
  const middle = (qmax + qmin + 1) / 2;
  const halfRange = (highest - lowest) / 2;
  for (let block = 0; block < blocks; block++) {
    const low = min<f32>(load<f32>(lowAt + (block << 2)), 0);
    const high = max<f32>(load<f32>(highAt + (block << 2)), 0);
    let scale: f32;
    if (mapping == SYMMETRIC) {
      scale = round<T>(max<f32>(-low, high) / halfRange);
    } else if (mapping == SYMMETRIC_NO_CLIPPING_ERR) {
      const negative = round<T>(low / lowest);
      const positive = round<T>(high / highest);
      scale = negative > positive ? negative : positive;
    } else {
      scale = round<T>(round<T>(high - low) / (highest - lowest));
    }
    scale = max<f32>(scale, lowestScale);
    let zero = middle;
    if (mapping > SYMMETRIC_NO_CLIPPING_ERR) {
      zero = <i32>clampNumber(lowest - nearest<f32>(round<T>(low / scale)), lowest, highest);
    }
    const cast = roundTo(scale, scaleDtype);
    storeFloatOf(scaleAt + block * bytesOfCode(scaleDtype), cast, scaleDtype);
    store<i8>(zeroAt + block, <i8>zero);
    store<f32>(factorAt + (block << 2), roundTo(1 / cast, scaleDtype));
  }
}

/** A number within bounds; 0 for NaN, which is what x86 makes of it. */
export function clampNumber(value: f32, low: f32, high: f32): f32 {
  if (value != value) return 0;
  return value < low ? low : value > high ? high : value;
}
