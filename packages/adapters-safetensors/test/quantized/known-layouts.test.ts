import { describe, expect, test } from 'vitest';

import { described, type Tensors } from '../helpers/described.ts';
import { matching } from '../helpers/matching.ts';

// Layouts for which no library runs without a GPU, written after DeepSeek-V3, Llama 4 FP8, gpt-oss and ModelOpt checkpoints.
const deepseek: Tensors = {
  'model.embed_tokens.weight': ['BF16', [512, 384]],
  'model.layers.3.mlp.experts.0.gate_proj.weight': ['F8_E4M3', [320, 384]],
  'model.layers.3.mlp.experts.0.gate_proj.weight_scale_inv': ['F32', [3, 3]],
  'model.layers.3.mlp.gate.weight': ['BF16', [8, 384]],
  'model.layers.3.mlp.gate.e_score_correction_bias': ['F32', [8]],
  'lm_head.weight': ['BF16', [512, 384]],
};
const FP8 = { quant_method: 'fp8', fmt: 'e4m3', activation_scheme: 'dynamic', weight_block_size: [128, 128] };

describe('FP8', () => {
  test('DeepSeek’s blocks, the last of which are shorter; its correction bias is a buffer', async () => {
    const { tensors, totals, findings } = await described(deepseek, {
      model_type: 'deepseek_v3',
      torch_dtype: 'bfloat16',
      quantization_config: FP8,
    });
    expect(tensors.find(({ scheme }) => scheme !== null)).toMatchObject({
      name: 'model.layers.3.mlp.experts.0.gate_proj.weight',
      dtype: 'BF16',
      shape: [320, 384],
      bytes: 320 * 384 + 9 * 4,
      scheme: { element: 'float8_e4m3fn', granularity: 'block', blockSize: [128, 128], activation: 'float8, dynamic' },
    });
    expect(totals).toMatchObject({ parameters: 2 * 512 * 384 + 320 * 384 + 8 * 384, quantizedTensors: 1 });
    expect(findings).toEqual([]);
  });

  test('a scale that is missing stops transformers', async () => {
    const rest = Object.fromEntries(Object.entries(deepseek).filter(([name]) => !name.endsWith('scale_inv')));
    const { findings, loading } = await described(rest, { quantization_config: FP8 });
    expect(findings).toMatchObject([{ id: 'missing-component', severity: 'error', stops: ['transformers'] }]);
    expect(loading).toMatchObject([{ consumer: 'transformers', verdict: 'no' }]);
  });

  test('a scale for other blocks than the config says is found', async () => {
    const { findings } = await described(deepseek, { quantization_config: { ...FP8, weight_block_size: [64, 64] } });
    expect(findings).toMatchObject([{ id: 'shapes-disagree', message: matching(/\[3, 3\].*\[5, 6\]/) }]);
  });

  test('one scale for a tensor, and rows of FBGEMM', async () => {
    const { totals } = await described(
      {
        'model.layers.0.mlp.up_proj.weight': ['F8_E4M3', [64, 32]],
        'model.layers.0.mlp.up_proj.weight_scale': ['F32', []],
        'model.layers.0.mlp.up_proj.input_scale': ['F32', []],
        'model.layers.0.mlp.down_proj.weight': ['F8_E4M3', [32, 64]],
        'model.layers.0.mlp.down_proj.weight_scale': ['F32', [32, 1]],
      },
      { quantization_config: { quant_method: 'fbgemm_fp8' } },
    );
    expect(totals.schemes.map(({ scheme }) => scheme).sort()).toEqual([
      'float8_e4m3fn, one scale; activations float8, static',
      'float8_e4m3fn, per row',
    ]);
  });

  test('a cast without scales is no quantization that a config must name', async () => {
    const { findings, totals } = await described({ 'blocks.0.attn.qkv.weight': ['F8_E4M3', [96, 32]] }, {});
    expect(totals.schemes).toMatchObject([{ scheme: 'float8_e4m3fn, no scale', elements: 96 * 32 }]);
    expect(findings).toEqual([]);
  });
});

test('MXFP4: gpt-oss experts count as their elements, their biases as they are', async () => {
  const { tensors, totals, findings } = await described(
    {
      'model.layers.0.mlp.experts.gate_up_proj_blocks': ['U8', [4, 64, 3, 16]],
      'model.layers.0.mlp.experts.gate_up_proj_scales': ['U8', [4, 64, 3]],
      'model.layers.0.mlp.experts.gate_up_proj_bias': ['BF16', [4, 64]],
    },
    { model_type: 'gpt_oss', quantization_config: { quant_method: 'mxfp4', modules_to_not_convert: ['lm_head'] } },
  );
  expect(tensors.find(({ name }) => name.endsWith('gate_up_proj'))).toMatchObject({
    shape: [4, 96, 64],
    bitsPerWeight: 4.25,
    scheme: { element: 'float4_e2m1', groupSize: 32 },
  });
  expect(totals.parameters).toBe(4 * 64 * 96 + 4 * 64);
  expect(findings).toEqual([]);
});

test('NVFP4 of ModelOpt: transformers knows no such method, and nothing more is claimed', async () => {
  const { tensors, loading } = await described(
    {
      'model.layers.0.mlp.up_proj.weight': ['U8', [64, 32]],
      'model.layers.0.mlp.up_proj.weight_scale': ['F8_E4M3', [64, 4]],
      'model.layers.0.mlp.up_proj.weight_scale_2': ['F32', []],
      'model.layers.0.mlp.up_proj.input_scale': ['F32', []],
      'model.layers.0.self_attn.k_proj.k_scale': ['F32', []],
    },
    { quantization_config: { quant_method: 'modelopt', quant_algo: 'NVFP4' } },
  );
  expect(tensors.map(({ name, shape, isParameter }) => [name, shape, isParameter])).toEqual([
    ['model.layers.0.mlp.up_proj.weight', [64, 64], true],
    ['model.layers.0.self_attn.k_proj.k_scale', [], false],
  ]);
  expect(loading).toMatchObject([{ consumer: 'transformers', verdict: 'unknown' }]);
});

test('GPTQ packed for Marlin', async () => {
  const { tensors } = await described(
    {
      'model.layers.0.mlp.up_proj.B': ['I32', [8, 512]],
      'model.layers.0.mlp.up_proj.s': ['F16', [1, 256]],
      'model.layers.0.mlp.up_proj.workspace': ['I32', [16]],
    },
    { quantization_config: { quant_method: 'gptq', bits: 4, group_size: -1, checkpoint_format: 'marlin' } },
  );
  expect(tensors).toMatchObject([
    { name: 'model.layers.0.mlp.up_proj.weight', shape: [256, 128], scheme: { bits: 4, granularity: 'row' } },
  ]);
});

test('stacked experts of compressed-tensors keep their first dimension', async () => {
  const { tensors, findings } = await described(
    {
      'model.layers.0.mlp.experts.gate_up.weight_packed': ['I32', [4, 64, 8]],
      'model.layers.0.mlp.experts.gate_up.weight_scale': ['BF16', [4, 64, 2]],
      'model.layers.0.mlp.experts.gate_up.weight_shape': ['I64', [3]],
    },
    {
      quantization_config: {
        quant_method: 'compressed-tensors',
        config_groups: { g: { targets: ['Linear'], weights: { num_bits: 4, group_size: 32, strategy: 'group' } } },
      },
    },
  );
  expect(tensors).toMatchObject([{ shape: [4, 64, 64], scheme: { groupSize: 32 } }]);
  expect(findings).toEqual([]);
});

describe('what no known format explains', () => {
  test('is listed as it is stored, and called unknown', async () => {
    const { tensors, totals, findings, loading } = await described(
      {
        'model.layers.0.mlp.up_proj.W_q': ['U8', [64, 16]],
        'model.layers.0.mlp.up_proj.scale': ['F16', [64, 1]],
        'model.norm.weight': ['F16', [32]],
      },
      { quantization_config: { quant_method: 'hqq' } },
    );
    expect(tensors.map(({ name, shape, scheme }) => [name, shape, scheme])).toEqual([
      ['model.layers.0.mlp.up_proj.W_q', [64, 16], null],
      ['model.layers.0.mlp.up_proj.scale', [64, 1], null],
      ['model.norm.weight', [32], null],
    ]);
    expect(totals).toMatchObject({ parameters: 32, uncounted: 1 });
    expect(findings).toMatchObject([
      {
        id: 'unknown-quantization',
        severity: 'warning',
        message: matching(/unknown quantization: "hqq"/),
      },
    ]);
    expect(loading).toMatchObject([{ verdict: 'nothing-found' }]);
  });

  test('is called so without a config, too', async () => {
    const { findings } = await described({ 'model.layers.0.mlp.up_proj.weight': ['U32', [64, 4]] }, {});
    expect(findings).toMatchObject([{ id: 'unknown-quantization', message: matching(/U32/) }]);
  });
});
