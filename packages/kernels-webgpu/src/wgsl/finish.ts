import { wgsl } from './wgsl.ts';
import { FLAGS } from './interface.ts';

/** From a sum of products to a result of the layer's dtype. Rows beyond the weight pad a row of results: they are 0. */
export const FINISH_FLOAT: string = wgsl`
fn finish(sum: f32, out: u32, row: u32) -> f32 {
  var value = sum;
  if ((params.flags & ${FLAGS.bias}u) != 0u) {
    value += biases[out];
  }
  return select(roundTo(params.dtype, value), 0.0, out >= params.outFeatures);
}
`;

/** The same from a sum over codes of activations. */
export const FINISH_CODES: string = wgsl`
fn finish(sum: f32, out: u32, row: u32) -> f32 {
  var value = sum * rowScales[row].scale;
  if ((params.flags & ${FLAGS.bias}u) != 0u) {
    value += biases[out];
  }
  return select(roundTo(params.dtype, value), 0.0, out >= params.outFeatures);
}
`;

/** torchao's int8 path, every step rounded: see LinearLayer. The zeros hold the sums of each row's codes, in f32. */
export const FINISH_EXACT: string = wgsl`
fn finish(sum: i32, out: u32, row: u32) -> f32 {
  let scale = rowScales[row].scale;
  var value = roundTo(params.dtype, multiply(fromInteger(sum), scale));
  if ((params.flags & ${FLAGS.asymmetric}u) != 0u) {
    let shift = multiply(f32(rowScales[row].zero), scale);
    let correction = roundTo(params.dtype, multiply(shift, bitcast<f32>(zeros[out])));
    value = roundTo(params.dtype, subtract(value, correction));
  }
  value = multiply(value, scaleAt(out));
  if ((params.flags & ${FLAGS.bias}u) != 0u) {
    value = add(value, biases[out]);
  }
  return select(roundTo(params.dtype, value), 0.0, out >= params.outFeatures);
}
`;
