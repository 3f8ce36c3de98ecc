export { probe } from './probe';
export { blockMinMax } from './block-min-max';
export { quantizeAffine } from './quantize-affine';
export { quantizeInt4 } from './int4-quantize';
export { dequantizeAffine, dequantizeInt4 } from './dequantize';
export { quantizeHqq } from './hqq';
export { quantizeActivations } from './inference/activations';
