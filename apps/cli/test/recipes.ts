const group = (size: number) => ({ _type: 'PerGroup', _data: { group_size: size } });
const HQQ = { weight_dtype: 'int4', granularity: group(32), intx_choose_qparams_algorithm: 'HQQ_SCALE_ONLY' };

/** Every operation: rows, one scale for a tensor (measured first), groups with and without zero points, HQQ, int4. */
export const EVERY_OPERATION = {
  're:.*q_proj': { type: 'Int8WeightOnlyConfig' },
  're:.*k_proj': { type: 'Int8WeightOnlyConfig', granularity: 'PerTensor' },
  're:.*v_proj': { type: 'IntxWeightOnlyConfig', weight_dtype: 'int4', granularity: group(32) },
  're:.*o_proj': {
    type: 'IntxWeightOnlyConfig',
    weight_dtype: 'int3',
    granularity: group(64),
    mapping_type: 'ASYMMETRIC',
  },
  're:.*up_proj': { type: 'IntxWeightOnlyConfig', ...HQQ },
  're:.*down_proj': { type: 'Int4WeightOnlyConfig', group_size: 32 },
  're:.*gate_proj': { type: 'Int8DynamicActivationInt8WeightConfig' },
};
