import { describe, expect, test } from 'vitest';

import { described, type Tensors } from '../helpers/described.ts';
import { matching } from '../helpers/matching.ts';

const INT8 = {
  _type: 'Int8Tensor',
  _data: {
    act_quant_kwargs: null,
    reduce_range: false,
    block_size: [1, 64],
    dtype: { _type: 'torch.dtype', _data: 'bfloat16' },
  },
  _tensor_data_names: ['zero_point', 'qdata', 'scale'],
};
const PLAIN = { _type: 'Tensor' };
const Q = 'model.layers.0.self_attn.q_proj';

const tensors: Tensors = {
  [`${Q}._weight_qdata`]: ['I8', [32, 64]],
  [`${Q}._weight_scale`]: ['F32', [32, 1]],
  [`${Q}._weight_zero_point`]: ['I8', [32, 1]],
  'model.norm.weight': ['BF16', [64]],
};

function metadata(entries: Record<string, unknown> = {}): Record<string, string> {
  const all: Record<string, unknown> = { [`${Q}.weight`]: INT8, 'model.norm.weight': PLAIN, ...entries };
  return {
    format: 'pt',
    tensor_names: JSON.stringify(Object.keys(all)),
    ...Object.fromEntries(Object.entries(all).map(([name, value]) => [name, JSON.stringify(value)])),
  };
}

function envelope(type: string, version: number, data: object = {}): object {
  return { _type: type, _version: version, _data: data };
}

function config(map: object, more: object = {}, older: object = map): object {
  const recipe = envelope('FqnToConfig', 1, { fqn_to_config: map, module_fqn_to_config: older });
  return {
    model_type: 'llama',
    quantization_config: { quant_method: 'torchao', quant_type: { default: recipe }, ...more },
  };
}

const RECIPE = { 're:.*q_proj': envelope('Int8WeightOnlyConfig', 2) };

test('a checkpoint that is as torchao writes it: nothing is found, for torchao and transformers', async () => {
  const { tensors: found, totals, findings, loading } = await described(tensors, config(RECIPE), metadata());
  expect(found[0]).toMatchObject({
    name: `${Q}.weight`,
    dtype: 'BF16',
    shape: [32, 64],
    kind: 'linear',
    scheme: { format: 'torchao', element: 'int8', granularity: 'row', packing: 'Int8Tensor' },
  });
  expect(totals).toMatchObject({ parameters: 32 * 64 + 64, quantizedBytes: 32 * 64 + 32 * 5 });
  expect(findings).toEqual([]);
  expect(loading).toMatchObject([
    { consumer: 'torchao', verdict: 'nothing-found' },
    { consumer: 'transformers', verdict: 'nothing-found' },
  ]);
});

describe('each class has the shape that it had before', () => {
  const dtype = { _type: 'torch.dtype', _data: 'bfloat16' };
  test.each<[string, object, Tensors, readonly number[], string]>([
    [
      'IntxUnpackedToInt8Tensor',
      {
        target_dtype: { _type: 'torch.dtype', _data: 'int4' },
        block_size: [1, 32],
        dtype,
        activation_quantization: 'int8_asym_per_token',
      },
      { qdata: ['I8', [32, 64]], scale: ['BF16', [32, 2]], zero_point: ['I8', [32, 2]] },
      [32, 64],
      'int4, groups of 32, zero points, IntxUnpackedToInt8Tensor; activations int8_asym_per_token',
    ],
    [
      'Int4Tensor',
      { block_size: [1, 32], shape: [32, 64] },
      { qdata: ['I8', [32, 32]], scale: ['BF16', [2, 32]], zero_point: ['BF16', [2, 32]] },
      [32, 64],
      'int4, groups of 32, float zero points, Int4Tensor',
    ],
    [
      'Int4TilePackedTo4dTensor',
      { block_size: [1, 128], shape: [16, 128] },
      { qdata: ['I32', [2, 8, 32, 4]], scale_and_zero: ['BF16', [8, 16, 2]] },
      [16, 128],
      'int4, per row, float zero points, Int4TilePackedTo4dTensor',
    ],
    [
      'Float8Tensor',
      {
        block_size: [32, 64],
        mm_config: null,
        act_quant_kwargs: { _type: 'QuantizeTensorToFloat8Kwargs', _data: {} },
        dtype,
      },
      { qdata: ['F8_E4M3', [32, 64]], scale: ['F32', [1, 1]] },
      [32, 64],
      'float8_e4m3fn, one scale, Float8Tensor; activations float8, dynamic',
    ],
    [
      'MXTensor',
      {
        elem_dtype: { _type: 'torch.dtype', _data: 'float4_e2m1fn_x2' },
        block_size: 32,
        orig_dtype: dtype,
        is_swizzled_scales: true,
      },
      { qdata: ['U8', [256, 64]], scale: ['F8_E8M0', [64, 16]] },
      [256, 128],
      'float4_e2m1, groups of 32, MXTensor',
    ],
    [
      'NVFP4Tensor',
      { block_size: 16, orig_dtype: dtype, is_swizzled_scales: true, act_quant_kwargs: null },
      { qdata: ['U8', [256, 64]], scale: ['F8_E4M3', [64, 32]], per_tensor_scale: ['F32', []] },
      [256, 128],
      'float4_e2m1, groups of 16, NVFP4Tensor',
    ],
  ])('%s', async (type, attributes, components, shape, words) => {
    const entry = { _type: type, _data: attributes, _tensor_data_names: Object.keys(components) };
    const stored = Object.fromEntries(
      Object.entries(components).map(([name, tensor]) => [`m._weight_${name}`, tensor]),
    );
    const {
      totals,
      findings,
      tensors: found,
    } = await described(stored, null, {
      format: 'pt',
      tensor_names: '["m.weight"]',
      'm.weight': JSON.stringify(entry),
    });
    expect(found).toMatchObject([{ name: 'm.weight', shape }]);
    expect(totals.schemes.map(({ scheme }) => scheme)).toEqual([words]);
    expect(findings.map(({ id }) => id)).toEqual(['no-config']);
  });
});

describe('what torchao’s loader would raise at, or lose without a word', () => {
  test.each<[string, Tensors, Record<string, unknown>, string, RegExp]>([
    [
      'a component that is missing',
      { [`${Q}._weight_qdata`]: ['I8', [32, 64]], 'model.norm.weight': ['BF16', [64]] },
      {},
      'missing-component',
      /lacks "zero_point", "scale"/,
    ],
    [
      'the prefix of another parameter',
      { ...tensors, [`${Q}._weight_up`]: ['BF16', [4]] },
      {},
      'prefix-collision',
      /torchao's loader drops the tensor/,
    ],
    [
      'a plain tensor without a dot',
      { ...tensors, temperature: ['BF16', [1]] },
      { temperature: PLAIN },
      'root-tensor',
      /no dot/,
    ],
    [
      'a class that nobody knows',
      tensors,
      { [`${Q}.weight`]: { ...INT8, _type: 'Int9Tensor' } },
      'unknown-class',
      /Int9Tensor/,
    ],
    ['a description that is none', tensors, { 'model.norm.weight': [] }, 'metadata-broken', /no object/],
    [
      'blocks that do not divide',
      tensors,
      { [`${Q}.weight`]: { ...INT8, _data: { ...INT8._data, block_size: [1, 48] } } },
      'shapes-disagree',
      /\[1, 48\] do not divide/,
    ],
  ])('%s', async (_, stored, entries, id, message) => {
    const { findings, loading } = await described(stored, config(RECIPE), metadata(entries));
    expect(findings.find((finding) => finding.id === id)).toMatchObject({
      severity: 'error',
      message: matching(message),
    });
    expect(loading).toMatchObject([{ verdict: 'no' }, { verdict: 'no' }]);
  });
});

describe('what the config says', () => {
  async function findingsOf(own: object): Promise<readonly { readonly id: string; readonly message: string }[]> {
    const { findings } = await described(tensors, own, metadata());
    return findings.map(({ id, message }) => ({ id, message }));
  }

  test('a version that torchao no longer reads stops transformers', async () => {
    const found = await findingsOf(config({ 're:.*q_proj': envelope('Int8WeightOnlyConfig', 1) }));
    expect(found).toMatchObject([{ id: 'config-version', message: matching(/version 1 .* refuses/) }]);
  });

  test('an older version that it reads with a warning is a warning', async () => {
    const { findings } = await described(
      tensors,
      config({ ...RECIPE, lm_head: envelope('IntxWeightOnlyConfig', 1) }),
      metadata(),
    );
    expect(findings).toMatchObject([{ id: 'config-version', severity: 'warning' }]);
  });

  test('two maps that differ raise in torchao', async () => {
    expect(await findingsOf(config(RECIPE, {}, { ...RECIPE, lm_head: null }))).toMatchObject([
      { id: 'recipe-maps-differ' },
    ]);
  });

  test('the order of names in the two maps is no difference', async () => {
    const own = { ...RECIPE, lm_head: null };
    expect(await findingsOf(config(own, {}, { lm_head: null, ...RECIPE }))).toEqual([]);
  });

  test('a string as quant_type is refused by transformers 5', async () => {
    const found = await findingsOf({
      quantization_config: { quant_method: 'torchao', quant_type: 'int8_weight_only' },
    });
    expect(found).toMatchObject([{ id: 'config-not-read' }]);
  });

  test.each<[string, object, string, RegExp]>([
    ['null for a quantized tensor', config({ [Q]: null }), 'quantized-but-skipped', /key .* is null/],
    [
      'no key for a quantized tensor',
      config({ lm_head: envelope('Int8WeightOnlyConfig', 2) }),
      'quantized-but-skipped',
      /no key/,
    ],
    [
      'a config of another class',
      config({ [Q]: envelope('Float8WeightOnlyConfig', 2) }),
      'scheme-differs',
      /Float8Tensor.*Int8Tensor/,
    ],
    ['a skip list', config(RECIPE, { modules_to_not_convert: [Q] }), 'quantized-but-skipped', /modules_to_not_convert/],
    ['no quantization_config', {}, 'config-silent', /looks for plain weights/],
  ])('%s', async (_, own, id, message) => {
    expect(await findingsOf(own)).toMatchObject([{ id, message: matching(message) }]);
  });

  test('a pattern that cannot be read is reported', async () => {
    const found = await findingsOf(config({ 're:(': null, ...RECIPE }));
    expect(found.map(({ id }) => id)).toContain('recipe-not-read');
  });
});

test('a file without "format": "pt" is told of', async () => {
  const { findings } = await described(tensors, config(RECIPE), { ...metadata(), format: undefined } as never);
  expect(findings).toMatchObject([{ id: 'no-format', severity: 'warning' }]);
});
