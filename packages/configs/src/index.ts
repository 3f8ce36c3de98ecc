import type { ConfigType } from '@fewbit/core';
import { int4WeightOnlyConfig } from './int4-weight-only/index.ts';
import { int8DynamicActivationInt8WeightConfig } from './int8-dynamic-activation-int8-weight/index.ts';
import { int8DynamicActivationIntxWeightConfig } from './int8-dynamic-activation-intx-weight/index.ts';
import { int8WeightOnlyConfig } from './int8-weight-only/index.ts';
import { intxWeightOnlyConfig } from './intx-weight-only/index.ts';

/** All config types of this package, for `createRegistry({ configs: builtinConfigs })`. */
export const builtinConfigs: readonly ConfigType[] = [
  int8WeightOnlyConfig,
  int8DynamicActivationInt8WeightConfig,
  intxWeightOnlyConfig,
  int8DynamicActivationIntxWeightConfig,
  int4WeightOnlyConfig,
];

export * from './int4-weight-only/index.ts';
export * from './int8-dynamic-activation-int8-weight/index.ts';
export * from './int8-dynamic-activation-intx-weight/index.ts';
export * from './int8-weight-only/index.ts';
export * from './intx-weight-only/index.ts';

export { int4Tensor } from './int4/int4-tensor.ts';
export { int8PerToken } from './intx/intx-activations.ts';
export { int8Tensor } from './int8/int8-tensor.ts';
export { intxUnpackedToInt8Tensor } from './intx/intx-tensor.ts';
export type { IntxDtype } from './intx/intx-dtype.ts';
export type { IntxAlgorithm } from './intx/intx-scheme.ts';

// Parts for config types of your own.
export { affineQuantizer, LOCAL_BYTES, type AffineOptions } from './affine/affine-quantizer.ts';
export type { AffineOrder } from './affine/outputs.ts';
export { blockConfig, type BlockConfig } from './config.ts';
export { blocksOf, type BlockedWeight } from './granularity/blocks.ts';
export { perAxis, perGroup, perRow, perTensor, type Granularity } from './granularity/granularity.ts';
export { granularityFromJson, granularityToJson } from './granularity/json.ts';
