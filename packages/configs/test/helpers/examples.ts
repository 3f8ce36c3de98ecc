import type { ConfigType } from '@fewbit/core';
import type { ConfigExample } from '@fewbit/core/testing';
import {
  int4WeightOnlyConfig,
  int8DynamicActivationInt8WeightConfig,
  int8DynamicActivationIntxWeightConfig,
  int8WeightOnlyConfig,
  intxWeightOnlyConfig,
} from '../../src/index.ts';

const flat = [
  { dtype: 'F32', shape: [6, 32] },
  { dtype: 'BF16', shape: [4, 64] },
  { dtype: 'F16', shape: [3, 32] },
] as const;
const cube = { dtype: 'BF16', shape: [2, 3, 32] } as const;
const kernel = { dtype: 'F32', shape: [3, 8, 3, 3] } as const;

// Half a step of the scale, and what rounding the scale and the value to bf16 adds.
const INT8 = 1.5 / 127.5 / 2 + 0.012;
const INT4 = 3 / 15 / 2 + 0.03;

/** Every config type with what each of its fields can say, for weights around the edges of its blocks. */
export const CONFIG_EXAMPLES: readonly {
  readonly configType: ConfigType;
  readonly examples: readonly ConfigExample[];
}[] = [
  {
    configType: int8WeightOnlyConfig,
    examples: [
      { name: 'per row', fields: {}, weights: [...flat, cube, { dtype: 'F16', shape: [17] }], tolerance: INT8 },
      { name: 'per tensor', fields: { granularity: 'PerTensor' }, weights: [...flat, kernel], tolerance: INT8 },
      {
        name: 'groups',
        fields: { granularity: { type: 'PerGroup', group_size: 8 } },
        weights: [...flat, cube],
        tolerance: INT8,
      },
      {
        name: 'per column',
        fields: { granularity: { type: 'PerRow', dim: 0 } },
        weights: [...flat, cube, kernel],
        tolerance: INT8,
      },
      {
        name: 'along the middle',
        fields: { granularity: { type: 'PerRow', dim: 1 } },
        weights: [cube, kernel],
        tolerance: INT8,
      },
    ],
  },
  {
    configType: int8DynamicActivationInt8WeightConfig,
    examples: [
      { name: 'per row', fields: {}, weights: flat, tolerance: INT8 },
      {
        name: 'a pair of granularities, half the range',
        fields: { granularity: ['PerRow', 'PerTensor'], reduce_range: true },
        weights: [...flat, cube],
        tolerance: 2 * INT8,
      },
    ],
  },
  {
    configType: intxWeightOnlyConfig,
    examples: [
      { name: 'int8 per channel', fields: {}, weights: [...flat, kernel], tolerance: INT8 },
      {
        name: 'int4 groups, asymmetric',
        fields: { weight_dtype: 'int4', granularity: { type: 'PerGroup', group_size: 8 }, mapping_type: 'ASYMMETRIC' },
        weights: [...flat, kernel],
        tolerance: INT4,
      },
      {
        name: 'int4, f32 scales',
        fields: { weight_dtype: 'int4', granularity: { type: 'PerGroup', group_size: 16 }, scale_dtype: 'float32' },
        weights: flat,
        tolerance: 1.5 / 7.5 + 0.03,
      },
      {
        name: 'int4, HQQ',
        fields: {
          weight_dtype: 'int4',
          granularity: { type: 'PerGroup', group_size: 16 },
          intx_choose_qparams_algorithm: 'hqq_scale_only',
        },
        weights: flat,
        // HQQ clips outliers where that lowers the error of the others.
        tolerance: 0.5,
      },
    ],
  },
  {
    configType: int8DynamicActivationIntxWeightConfig,
    examples: [
      { name: 'int8 groups of 32', fields: {}, weights: flat, tolerance: INT8 },
      {
        name: 'int2 per channel',
        fields: { weight_dtype: 'int2', weight_granularity: { type: 'PerAxis', axis: 0 } },
        weights: flat,
        tolerance: 1,
      },
    ],
  },
  {
    configType: int4WeightOnlyConfig,
    examples: [
      { name: 'groups of 32', fields: { group_size: 32 }, weights: [...flat, cube], tolerance: INT4 },
      { name: 'odd groups', fields: { group_size: 3 }, weights: [{ dtype: 'BF16', shape: [5, 12] }], tolerance: INT4 },
    ],
  },
];
