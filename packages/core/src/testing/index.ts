export { adapterConformance, type AdapterUnderTest } from './adapter-conformance.ts';
export { backendConformance } from './backend-conformance.ts';
export type { ConformanceCase } from './conformance-case.ts';
export { configConformance, type ConfigExample } from './config-conformance.ts';
export { dequantizeInMemory, quantizeInMemory, rangesOf, type Ranges, type Weight } from './quantize-tensor.ts';
export {
  integerWithin,
  pick,
  randomWeights,
  seededRandom,
  WEIGHT_KINDS,
  type Random,
  type WeightKind,
} from './random-weights.ts';
export { linearConformance } from './linear-conformance.ts';
export { LINEAR_TRIALS, randomActivations, type LinearShape, type LinearTrial } from './linear-requests.ts';
export { sinkConformance, type SinkUnderTest } from './sink-conformance.ts';
export { sourceConformance, type MakeSource } from './source-conformance.ts';
