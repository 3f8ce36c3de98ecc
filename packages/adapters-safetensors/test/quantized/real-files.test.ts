import { describe, expect, test } from 'vitest';

import { describeFixture, fixture, FIXTURES } from '../helpers/quantized-fixtures.ts';

const LLAMA = {
  'self_attn.q_proj': [128, 128],
  'self_attn.k_proj': [64, 128],
  'self_attn.v_proj': [64, 128],
  'self_attn.o_proj': [128, 128],
  'mlp.gate_proj': [320, 128],
  'mlp.up_proj': [320, 128],
  'mlp.down_proj': [128, 320],
};

describe('files that the real libraries wrote', () => {
  test.each(FIXTURES)('%s: shapes and parameters are those of the model, and nothing is wrong', async (name) => {
    const real = fixture(name);
    const { tensors, totals, findings, formats, loading } = await describeFixture(real);
    const shapes = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    for (const layer of [0, 1]) {
      for (const [module, shape] of Object.entries(LLAMA)) {
        const tensor = shapes.get(`model.layers.${layer}.${module}.weight`);
        expect(tensor).toMatchObject({ shape, kind: 'linear' });
        expect(tensor?.scheme?.format).toBe(formats[0]);
      }
    }
    expect(shapes.get('lm_head.weight')).toMatchObject({ scheme: null, shape: [256, 128] });
    expect(tensors).toHaveLength(21);
    expect(totals).toMatchObject({ parameters: real.parameters, quantizedTensors: 14, uncounted: 0 });
    expect(findings).toEqual([]);
    expect(loading).toMatchObject([{ consumer: 'transformers', verdict: 'nothing-found' }]);
  });

  test.each([
    ['bitsandbytes-nf4', 'BF16', 'nf4, blocks of 64, scales quantized again'],
    ['bitsandbytes-fp4', 'BF16', 'fp4, blocks of 64'],
    ['bitsandbytes-int8', 'BF16', 'int8, per row, symmetric; activations int8, dynamic, per token, outliers kept'],
    ['compressed-tensors-w4a16', 'BF16', 'int4, groups of 32, symmetric'],
    ['compressed-tensors-w4a16-asymmetric', 'BF16', 'int4, groups of 32, asymmetric'],
    ['compressed-tensors-w3a16-channel', 'BF16', 'int3, per row, symmetric'],
    ['compressed-tensors-w8a8', 'BF16', 'int8, per row, symmetric; activations int8, dynamic, per token'],
    ['compressed-tensors-fp8', 'BF16', 'float8_e4m3fn, one scale; activations float8, static, per tensor'],
    ['compressed-tensors-fp8-dynamic', 'BF16', 'float8_e4m3fn, per row; activations float8, dynamic, per token'],
    [
      'compressed-tensors-fp8-block',
      'BF16',
      'float8_e4m3fn, blocks of 128×128; activations float8, dynamic, groups of 128',
    ],
    [
      'compressed-tensors-nvfp4',
      'BF16',
      'float4_e2m1, groups of 16, nvfp4; activations float4, dynamic in groups, groups of 16',
    ],
    ['compressed-tensors-mxfp4', 'BF16', 'float4_e2m1, groups of 32, mxfp4; activations float4, dynamic, groups of 32'],
    ['gptq-2bit', 'F16', 'int2, groups of 32, symmetric'],
    ['gptq-3bit', 'F16', 'int3, groups of 32, symmetric'],
    ['gptq-8bit', 'F16', 'int8, groups of 32, symmetric, activation order'],
    ['gptq-4bit-row', 'F16', 'int4, per row, symmetric'],
    ['awq-gemm', 'F16', 'int4, groups of 64, asymmetric, gemm'],
    ['awq-gemv', 'F16', 'int4, groups of 64, asymmetric, gemv'],
    ['awq-gemv_fast', 'F16', 'int4, groups of 64, asymmetric, gemv_fast'],
    ['awq-marlin', 'F16', 'int4, groups of 64, symmetric, marlin'],
  ])('%s is %s, %s', async (name, dtype, words) => {
    const { tensors, totals } = await describeFixture(fixture(name));
    expect(totals.schemes).toMatchObject([{ scheme: words, tensors: 14 }]);
    expect(tensors.find(({ name: own }) => own.endsWith('0.mlp.down_proj.weight'))).toMatchObject({ dtype });
  });

  test('bits per weight hold scales and zero points: 3-bit codes of GPTQ are not rounded up', async () => {
    const { tensors } = await describeFixture(fixture('gptq-3bit'));
    const down = tensors.find(({ name }) => name === 'model.layers.0.mlp.down_proj.weight');
    // qweight 30×128×4, qzeros 10×12×4, scales 10×128×2, g_idx 320×4 bytes for 128×320 weights.
    expect(down?.bytes).toBe(30 * 128 * 4 + 10 * 12 * 4 + 10 * 128 * 2 + 320 * 4);
    expect(down?.bitsPerWeight).toBeCloseTo((down?.bytes ?? 0) / (128 * 40), 12);
  });

  test('a "dynamic" entry that gives other bits agrees with the tensors that have them', async () => {
    const { totals, findings } = await describeFixture(fixture('gptq-dynamic'));
    expect(totals.schemes.map(({ scheme, tensors }) => [scheme, tensors])).toEqual([
      ['int4, groups of 32, symmetric', 12],
      ['int8, groups of 32, symmetric', 2],
    ]);
    expect(findings).toEqual([]);
  });
});
