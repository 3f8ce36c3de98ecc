import { codeOf } from './affine-codes';
import { bytesOfCode, F32 } from './dtype';
import { loadFloatOf, roundTo, storeFloatOf } from './float';
import { SUM_SCRATCH, torchSum } from './torch-sum';

/** No scale gets smaller: f32's machine epsilon. */
const SMALLEST_SCALE: f32 = 1.1920928955078125e-7;

/**
 * HQQ scale-only on groups of consecutive elements; see QuantizingOperations.quantizeHqqScaleOnly. `changesAt`, f32 for
 * each iteration, takes the largest relative change of any scale. `scratch` holds 512 bytes and 16 for each element of a
 * group.
 */
export function quantizeHqq(
  input: usize,
  dtype: i32,
  blocks: i32,
  length: i32,
  qmin: i32,
  qmax: i32,
  iterations: i32,
  scaleDtype: i32,
  codesAt: usize,
  scaleAt: usize,
  changesAt: usize,
  scratch: usize,
): void {
  memory.fill(changesAt, 0, iterations << 2);
  const widest = <f32>max(1, max(abs(qmin), abs(qmax)));
  const width = bytesOfCode(dtype);
  const bytes = length << 2;
  const weights = scratch + SUM_SCRATCH;
  const levels = weights + bytes;
  const products = levels + bytes;
  const squares = products + bytes;
  for (let block = 0; block < blocks; block++, input += length * width, codesAt += length) {
    let largest: f32 = 0;
    for (let i = 0; i < length; i++) {
      const weight = loadFloatOf(input + i * width, dtype);
      store<f32>(weights + (i << 2), weight);
      largest = max<f32>(largest, abs<f32>(weight));
    }
    let scale = max<f32>(largest / widest, SMALLEST_SCALE);
    for (let iteration = 0; iteration < iterations; iteration++) {
      const before = scale;
      quantizeBlock(weights, length, scale, qmin, qmax, levels);
      multiply(weights, levels, products, length);
      multiply(levels, levels, squares, length);
      const denominator = torchSum(squares, length, scratch);
      const fitted = denominator > 0 ? torchSum(products, length, scratch) / denominator : before;
      scale = abs<f32>(max<f32>(fitted, SMALLEST_SCALE));
      const change = abs<f32>(scale - before) / max<f32>(before, SMALLEST_SCALE);
      const at = changesAt + (iteration << 2);
      store<f32>(at, max<f32>(load<f32>(at), change));
    }
    if (scaleAt == 0) continue;
    storeBlock(weights, dtype, length, scale, qmin, qmax, scaleDtype, codesAt, levels, scaleAt, block);
  }
}

function storeBlock(
  weights: usize,
  dtype: i32,
  length: i32,
  scale: f32,
  qmin: i32,
  qmax: i32,
  scaleDtype: i32,
  codesAt: usize,
  levels: usize,
  scaleAt: usize,
  block: i32,
): void {
  const own = roundTo(scale, dtype);
  const cast = roundTo(own, scaleDtype);
  storeFloatOf(scaleAt + block * bytesOfCode(scaleDtype), cast, scaleDtype);
  if (dtype == scaleDtype) {
    quantizeBlock(weights, length, scale, qmin, qmax, levels);
    for (let i = 0; i < length; i++) {
      const level = load<f32>(levels + (i << 2));
      store<i8>(codesAt + i, level != level ? 0 : <i8>(<i32>level));
    }
    return;
  }
  // Two different float dtypes meet in f32.
  const factor = roundTo(1 / cast, scaleDtype);
  for (let i = 0; i < length; i++) {
    store<i8>(codesAt + i, codeOf<F32>(load<f32>(weights + (i << 2)), factor, 0, qmin, qmax));
  }
}

/** Levels of a group: its weights over the scale, rounded and clamped, NaN kept. */
function quantizeBlock(weights: usize, length: i32, scale: f32, qmin: i32, qmax: i32, levels: usize): void {
  const low = f32x4.splat(<f32>qmin);
  const high = f32x4.splat(<f32>qmax);
  const scales = f32x4.splat(scale);
  const bytes = length << 2;
  let i = 0;
  for (; i + 16 <= bytes; i += 16) {
    const rounded = f32x4.nearest(f32x4.div(v128.load(weights + i), scales));
    v128.store(levels + i, f32x4.pmin(f32x4.pmax(rounded, low), high));
  }
  for (; i < bytes; i += 4) {
    const rounded = nearest<f32>(load<f32>(weights + i) / scale);
    store<f32>(levels + i, rounded < <f32>qmin ? <f32>qmin : rounded > <f32>qmax ? <f32>qmax : rounded);
  }
}

function multiply(left: usize, right: usize, target: usize, length: i32): void {
  const bytes = length << 2;
  let i = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(target + i, f32x4.mul(v128.load(left + i), v128.load(right + i)));
  for (; i < bytes; i += 4) store<f32>(target + i, load<f32>(left + i) * load<f32>(right + i));
}
