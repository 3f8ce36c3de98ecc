import { createRegistry, FewbitError, parseConfig, type Config, type JsonObject } from '@fewbit/core';
import { describe, expect, test } from 'vitest';
import {
  builtinConfigs,
  int4WeightOnly,
  int8DynamicActivationInt8Weight,
  int8DynamicActivationIntxWeight,
  int8WeightOnly,
  intxWeightOnly,
  perAxis,
  perGroup,
  perRow,
  perTensor,
} from '../src/index.ts';

const registry = createRegistry({ configs: builtinConfigs });

function parse(type: string, fields: JsonObject = {}): Config {
  return parseConfig({ type, ...fields }, registry, 'recipe.key');
}

/** The error's code and message; fails where nothing is thrown. */
function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (FewbitError.isInstance(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('defaults differ from torchao', () => {
  test.each([
    [
      'Int8WeightOnlyConfig',
      '{"group_size":null,"granularity":{"_type":"PerRow","_version":1,"_data":{"dim":-1}},"set_inductor_config":true}',
    ],
    [
      'Int8DynamicActivationInt8WeightConfig',
      '{"act_mapping_type":{"_type":"MappingType","_data":"SYMMETRIC"},"weight_only_decode":false,"granularity":{"_type":"PerRow","_version":1,"_data":{"dim":-1}},"set_inductor_config":true,"reduce_range":false}',
    ],
    [
      'IntxWeightOnlyConfig',
      '{"weight_dtype":{"_type":"torch.dtype","_data":"int8"},"granularity":{"_type":"PerAxis","_version":1,"_data":{"axis":0}},"mapping_type":{"_type":"MappingType","_data":"SYMMETRIC"},"scale_dtype":null,"intx_packing_format":{"_type":"IntxPackingFormat","_data":"UNPACKED_TO_INT8"},"intx_choose_qparams_algorithm":{"_type":"IntxChooseQParamsAlgorithm","_data":"AFFINE"}}',
    ],
    [
      'Int8DynamicActivationIntxWeightConfig',
      '{"weight_dtype":{"_type":"torch.dtype","_data":"int8"},"weight_granularity":{"_type":"PerGroup","_version":1,"_data":{"group_size":32}},"weight_mapping_type":{"_type":"MappingType","_data":"SYMMETRIC"},"weight_scale_dtype":null,"act_mapping_type":{"_type":"MappingType","_data":"ASYMMETRIC"},"intx_packing_format":{"_type":"IntxPackingFormat","_data":"UNPACKED_TO_INT8"},"intx_choose_qparams_algorithm":{"_type":"IntxChooseQParamsAlgorithm","_data":"AFFINE"}}',
    ],
    [
      'Int4WeightOnlyConfig',
      '{"group_size":128,"set_inductor_config":true,"int4_packing_format":{"_type":"Int4PackingFormat","_data":"PLAIN"},"int4_choose_qparams_algorithm":{"_type":"Int4ChooseQParamsAlgorithm","_data":"TINYGEMM"},"int4_tile_packed_ntile":8}',
    ],
  ])('%s', (type, fields) => {
    expect(JSON.stringify(parse(type).toFields())).toBe(fields);
  });
});

describe('a short form means something else than the envelope', () => {
  test.each<[string, JsonObject, JsonObject]>([
    [
      'Int8WeightOnlyConfig',
      { granularity: 'PerTensor' },
      { granularity: { _type: 'PerTensor', _version: 1, _data: {} } },
    ],
    [
      'Int8WeightOnlyConfig',
      { granularity: { type: 'PerGroup', group_size: 32 } },
      { granularity: { _type: 'PerGroup', _version: 1, _data: { group_size: 32 } } },
    ],
    [
      'IntxWeightOnlyConfig',
      { weight_dtype: 'int4', mapping_type: 'ASYMMETRIC', scale_dtype: 'float32' },
      {
        weight_dtype: { _type: 'torch.dtype', _data: 'int4' },
        mapping_type: { _type: 'MappingType', _data: 'ASYMMETRIC' },
        scale_dtype: { _type: 'torch.dtype', _data: 'float32' },
      },
    ],
    [
      'IntxWeightOnlyConfig',
      { intx_choose_qparams_algorithm: 'hqq_scale_only' },
      { intx_choose_qparams_algorithm: { _type: 'IntxChooseQParamsAlgorithm', _data: 'HQQ_SCALE_ONLY' } },
    ],
    [
      'Int4WeightOnlyConfig',
      { int4_packing_format: 'plain' },
      { int4_packing_format: { _type: 'Int4PackingFormat', _data: 'PLAIN' } },
    ],
  ])('%s %j', (type, short, envelope) => {
    const fromEnvelope = parseConfig({ _type: type, _version: 2, _data: envelope }, registry);
    expect(parse(type, short).toFields()).toEqual(fromEnvelope.toFields());
  });
});

describe('a config that torchao refuses is taken:', () => {
  const INVALID = 'FEWBIT_CONFIG_INVALID';
  test.each<[string, JsonObject, string]>([
    ['Int8WeightOnlyConfig', { group_size: 32 }, 'recipe.key.group_size: this field is a leftover of version 1'],
    ['Int8WeightOnlyConfig', { granularity: null }, 'recipe.key.granularity: saw null'],
    [
      'Int8WeightOnlyConfig',
      { granularity: { type: 'PerAxis', axis: 0 } },
      'saw PerAxis; expected PerRow, PerTensor or PerGroup',
    ],
    ['Int8WeightOnlyConfig', { granularity: { type: 'PerGroup' } }, '"group_size" is missing'],
    ['Int8WeightOnlyConfig', { granularity: { type: 'PerBlock', block_size: [1, 8] } }, '"PerBlock" is no granularity'],
    [
      'Int8WeightOnlyConfig',
      { granularty: 'PerRow' },
      'unknown field "granularty"; expected "group_size", "granularity"',
    ],
    ['Int8DynamicActivationInt8WeightConfig', { granularity: ['PerRow'] }, 'saw a list of 1; expected two'],
    [
      'Int8DynamicActivationInt8WeightConfig',
      { granularity: { type: 'PerGroup', group_size: 8 } },
      'saw PerGroup; expected PerRow or PerTensor',
    ],
    [
      'Int8DynamicActivationInt8WeightConfig',
      { granularity: { type: 'PerRow', dim: 0 } },
      'saw PerRow along dimension 0 for activations',
    ],
    ['Int8DynamicActivationInt8WeightConfig', { act_mapping_type: null }, 'null is no MappingType'],
    [
      'Int8DynamicActivationInt8WeightConfig',
      { act_mapping_type: 'SYMMETRIC_NO_CLIPPING_ERR' },
      'expected SYMMETRIC, ASYMMETRIC',
    ],
    ['IntxWeightOnlyConfig', { granularity: 'PerRow' }, 'saw per row; expected PerGroup or PerAxis with axis 0'],
    ['IntxWeightOnlyConfig', { granularity: { type: 'PerAxis', axis: 1 } }, 'saw per position along axis 1'],
    ['IntxWeightOnlyConfig', { weight_dtype: 'int9' }, '"int9" is no torch.dtype for this field; expected int1, int2'],
    ['IntxWeightOnlyConfig', { weight_dtype: { _type: 'MappingType', _data: 'int4' } }, 'is no torch.dtype'],
    ['IntxWeightOnlyConfig', { scale_dtype: 'float64' }, 'expected float32, bfloat16, float16'],
    ['Int4WeightOnlyConfig', { group_size: 0 }, 'saw 0; expected an integer of 1 or more'],
    ['Int4WeightOnlyConfig', { group_size: 32.5 }, 'saw 32.5'],
    ['Int4WeightOnlyConfig', { int4_tile_packed_ntile: 12 }, 'saw 12; expected 8 or 16'],
    ['Int4WeightOnlyConfig', { set_inductor_config: null }, 'saw null; expected true or false'],
  ])('%s %j', (type, fields, message) => {
    const seen = refusal(() => parse(type, fields));
    expect(seen).toContain(INVALID);
    expect(seen).toContain(message);
  });

  test.each(builtinConfigs.map(({ type }) => [type]))('%s of version 1', (type) => {
    expect(refusal(() => parseConfig({ _type: type, _data: {} }, registry))).toContain('means version 1');
    const configType = builtinConfigs.find((one) => one.type === type);
    expect(refusal(() => configType?.parse({}, { version: 1, where: 'here' }))).toContain(
      `here: saw version 1 of ${type}`,
    );
  });
});

test.each<[string, JsonObject, string]>([
  ['Int4WeightOnlyConfig', { int4_packing_format: 'tile_packed_to_4d' }, 'a layout of CUDA tensor cores'],
  [
    'Int4WeightOnlyConfig',
    { int4_packing_format: { _type: 'Int4PackingFormat', _data: 'PRESHUFFLED' } },
    'no checkpoint can hold',
  ],
  ['Int4WeightOnlyConfig', { int4_packing_format: 'PLAIN_INT32' }, 'a layout of XPU and NPU kernels'],
  ['Int8DynamicActivationIntxWeightConfig', { intx_packing_format: 'opaque_torchao_auto' }, 'kernels of one machine'],
])('%s %j is not said to be missing here', (type, fields, message) => {
  const seen = refusal(() => parse(type, fields));
  expect(seen).toContain('FEWBIT_CONFIG_UNSUPPORTED');
  expect(seen).toContain(message);
});

describe('a config made in code differs from its JSON', () => {
  test.each<[string, Config, JsonObject]>([
    [
      'Int8WeightOnlyConfig',
      int8WeightOnly({ granularity: perGroup(32) }),
      { granularity: { type: 'PerGroup', group_size: 32 } },
    ],
    ['Int8WeightOnlyConfig', int8WeightOnly(), {}],
    ['Int8WeightOnlyConfig', int8WeightOnly({ granularity: perRow(0) }), { granularity: { type: 'PerRow', dim: 0 } }],
    [
      'Int8DynamicActivationInt8WeightConfig',
      int8DynamicActivationInt8Weight({
        granularity: { activations: perRow(), weights: perTensor() },
        reduceRange: true,
      }),
      { granularity: ['PerRow', 'PerTensor'], reduce_range: true },
    ],
    [
      'Int8DynamicActivationInt8WeightConfig',
      int8DynamicActivationInt8Weight({ granularity: perTensor() }),
      { granularity: 'PerTensor' },
    ],
    [
      'IntxWeightOnlyConfig',
      intxWeightOnly({
        weightDtype: 'int4',
        granularity: perGroup(32),
        mapping: 'ASYMMETRIC',
        scaleDtype: 'BF16',
        algorithm: 'HQQ_SCALE_ONLY',
      }),
      {
        weight_dtype: 'int4',
        granularity: { type: 'PerGroup', group_size: 32 },
        mapping_type: 'ASYMMETRIC',
        scale_dtype: 'bfloat16',
        intx_choose_qparams_algorithm: 'HQQ_SCALE_ONLY',
      },
    ],
    [
      'Int8DynamicActivationIntxWeightConfig',
      int8DynamicActivationIntxWeight({ weightDtype: 'int4', granularity: perAxis(0) }),
      { weight_dtype: 'int4', weight_granularity: { type: 'PerAxis', axis: 0 } },
    ],
    ['Int4WeightOnlyConfig', int4WeightOnly({ groupSize: 32 }), { group_size: 32 }],
  ])('%s %#', (type, built, fields) => {
    const written = parse(type, fields);
    expect(built.toFields()).toEqual(written.toFields());
    expect([built.type, built.version, built.summary]).toEqual([type, 2, written.summary]);
  });

  test('a wrong option is not refused', () => {
    expect(refusal(() => int4WeightOnly({ groupSize: -1 }))).toContain('int4WeightOnly().group_size: saw -1');
    expect(refusal(() => intxWeightOnly({ granularity: perRow() }))).toContain('intxWeightOnly().granularity');
  });
});

test('a table of configs shows other words', () => {
  expect(int8WeightOnly().summary).toBe('int8, per row');
  expect(int8WeightOnly({ granularity: perRow(0) }).summary).toBe('int8, per row along dimension 0');
  expect(int8DynamicActivationInt8Weight().summary).toBe('int8, per row; activations int8, per row');
  expect(intxWeightOnly({ weightDtype: 'int4', mapping: 'ASYMMETRIC' }).summary).toBe('int4, per channel, asymmetric');
  expect(int8DynamicActivationIntxWeight({ weightDtype: 'int4' }).summary).toBe(
    'int4, groups of 32; activations int8, per token',
  );
  expect(int4WeightOnly({ groupSize: 32 }).summary).toBe('int4, groups of 32');
});
