import { describe, expect, test } from 'vitest';

import {
  alter,
  describeFixture,
  fixture,
  FIXTURES,
  without,
  type QuantizedFixture,
} from '../helpers/quantized-fixtures.ts';
import { matching } from '../helpers/matching.ts';

function configured(name: string, change: Record<string, unknown>): QuantizedFixture {
  const broken = fixture(name);
  broken.config.quantization_config = { ...broken.config.quantization_config, ...change };
  return broken;
}

const PROJ = 'model.layers.0.mlp.down_proj';

describe('what stops a loader is an error that says what and where', () => {
  test.each([
    [
      'GPTQ codes without scales',
      without(fixture('gptq-4bit'), (name) => name.endsWith('0.mlp.down_proj.scales')),
      /"scales" is missing/,
    ],
    [
      'AWQ codes without zero points',
      without(fixture('awq-gemm'), (name) => name.endsWith('0.mlp.down_proj.qzeros')),
      /"qzeros" is missing/,
    ],
    [
      'packed codes without scales',
      without(fixture('compressed-tensors-w4a16'), (name) => name.endsWith('0.mlp.down_proj.weight_scale')),
      /"weight_scale" is missing/,
    ],
    [
      'packed codes without their shape',
      without(fixture('compressed-tensors-w4a16'), (name) => name.endsWith('0.mlp.down_proj.weight_shape')),
      /"weight_shape" is missing/,
    ],
    [
      'asymmetric codes without zero points',
      without(fixture('compressed-tensors-w4a16-asymmetric'), (name) =>
        name.endsWith('0.mlp.down_proj.weight_zero_point'),
      ),
      /"weight_zero_point" is missing/,
    ],
    [
      '4-bit codes without quant_state',
      without(fixture('bitsandbytes-nf4'), (name) => name.includes('0.mlp.down_proj.weight.quant_state')),
      /"quant_state" is missing/,
    ],
    [
      '4-bit codes without absmax',
      without(fixture('bitsandbytes-fp4'), (name) => name.includes('0.mlp.down_proj.weight.absmax')),
      /absmax/,
    ],
    [
      '8-bit codes without SCB',
      without(fixture('bitsandbytes-int8'), (name) => name.includes('0.mlp.down_proj.SCB')),
      /"SCB" is missing/,
    ],
  ])('%s', async (_, broken, message) => {
    const { findings, loading, tensors } = await describeFixture(broken);
    expect(findings.filter(({ severity }) => severity === 'error')).toMatchObject([
      { id: 'missing-component', tensor: `${PROJ}.weight`, message: matching(message) },
    ]);
    expect(loading).toMatchObject([{ consumer: 'transformers', verdict: 'no' }]);
    expect(tensors.map(({ name }) => name)).toContain(`${PROJ}.weight`);
  });

  test.each([
    ['scales of GPTQ', alter(fixture('gptq-4bit'), `${PROJ}.scales`, { shape: [10, 127] }), /"scales" is \[10, 127\]/],
    ['g_idx of GPTQ', alter(fixture('gptq-4bit'), `${PROJ}.qzeros`, { shape: [9, 16] }), /should be \[10, 16\]/],
    [
      'groups of AWQ',
      alter(fixture('awq-gemm'), `${PROJ}.scales`, { shape: [7, 128] }),
      /7 groups cannot be cut from 320/,
    ],
    [
      'scales of compressed-tensors',
      alter(fixture('compressed-tensors-w8a8'), `${PROJ}.weight_scale`, { shape: [64, 1] }),
      /\[64, 1\].*\[128, 1\]/,
    ],
    [
      'absmax of bitsandbytes',
      alter(fixture('bitsandbytes-fp4'), `${PROJ}.weight.absmax`, { shape: [639] }),
      /639 entries and should have 640/,
    ],
    ['SCB of bitsandbytes', alter(fixture('bitsandbytes-int8'), `${PROJ}.SCB`, { shape: [320] }), /should have 128/],
  ])('%s that do not fit the codes', async (_, broken, message) => {
    const { findings } = await describeFixture(broken);
    expect(findings.map(({ id }) => id)).toContain('shapes-disagree');
    expect(findings.map((finding) => finding.message).join('\n')).toMatch(message);
  });

  test('a config that says nothing of what the tensors are', async () => {
    const broken = fixture('gptq-4bit');
    delete broken.config.quantization_config;
    const { findings, loading } = await describeFixture(broken);
    expect(findings).toMatchObject([{ id: 'config-silent', severity: 'error' }]);
    expect(loading).toMatchObject([{ verdict: 'no' }]);
  });

  test('a config that names another method', async () => {
    const { findings } = await describeFixture(configured('gptq-4bit', { quant_method: 'awq' }));
    expect(findings).toMatchObject([{ id: 'method-differs', message: matching(/"awq".*gptq/) }]);
  });

  test('an index that misses a tensor, and a shard that is not there', async () => {
    const broken = fixture('gptq-4bit');
    delete broken.shards['model-00002-of-00002.safetensors'];
    delete broken.index?.weight_map['model.norm.weight'];
    const { findings, tensors } = await describeFixture(broken);
    const text = findings.map(({ message }) => message).join('\n');
    expect(findings.every(({ id, severity }) => id === 'index-disagrees' && severity === 'error')).toBe(true);
    expect(text).toMatch(/"model\.norm\.weight" is in model-00001\S+ but not in the index/);
    expect(text).toMatch(/model-00002-of-00002\.safetensors is missing, which has 30 tensor/);
    expect(tensors.map(({ name }) => name)).toContain(`${PROJ}.weight`);
  });
});

describe('what config and tensors disagree on is a warning, for names may differ in memory', () => {
  test.each([
    [
      'an ignored layer that is quantized',
      configured('compressed-tensors-w4a16', { ignore: ['lm_head', 're:.*\\.0\\.mlp\\.down'] }),
      'quantized-but-skipped',
      /"ignore" has "re:\.\*\\\\\.0\\\\\.mlp\\\\\.down"/,
    ],
    [
      'a targeted layer that is plain',
      configured('compressed-tensors-w4a16', { ignore: [] }),
      'plain-but-configured',
      /lm_head/,
    ],
    [
      'a layer that "dynamic" leaves out',
      configured('gptq-4bit', { dynamic: { '-:.*layers\\.0\\.mlp\\.down': {} } }),
      'quantized-but-skipped',
      /"dynamic" has/,
    ],
    [
      'bits that "dynamic" changes',
      configured('gptq-4bit', { dynamic: { '.*layers\\.0\\.mlp\\.down': { bits: 8 } } }),
      'scheme-differs',
      /says 8 bits, and the tensors have 4/,
    ],
    [
      'groups of another size',
      configured('gptq-4bit', { group_size: 64 }),
      'scheme-differs',
      /groups of 64.*groups of 32/,
    ],
    [
      'a module that is not to be converted',
      configured('awq-gemm', { modules_to_not_convert: ['down_proj'] }),
      'quantized-but-skipped',
      /"modules_to_not_convert" has "down_proj"/,
    ],
    [
      'a skipped module of bitsandbytes',
      configured('bitsandbytes-nf4', { llm_int8_skip_modules: ['model.layers.0'] }),
      'quantized-but-skipped',
      /"llm_int8_skip_modules" has "model\.layers\.0"/,
    ],
    ['bits of AWQ', configured('awq-gemm', { bits: 8 }), 'scheme-differs', /says 8 bits/],
  ])('%s', async (_, broken, id, message) => {
    const { findings, loading } = await describeFixture(broken);
    const found = findings.find((finding) => finding.id === id);
    expect(found).toMatchObject({ severity: 'warning', message: matching(message) });
    expect(loading).toMatchObject([{ verdict: 'nothing-found' }]);
  });

  test('a config that promises what no tensor is', async () => {
    const plain = without(fixture('gptq-4bit'), (name) => /\.(?:qweight|qzeros|scales|g_idx)$/.test(name));
    const { findings } = await describeFixture(plain);
    expect(findings).toMatchObject([{ id: 'nothing-quantized', severity: 'warning' }]);
  });

  test('a layer that is plain where the others are not', async () => {
    const broken = without(fixture('gptq-4bit'), (name) =>
      /layers\.0\.mlp\.down_proj\.(?:qweight|qzeros|scales|g_idx)$/.test(name),
    );
    const [shard] = Object.values(broken.shards);
    if (shard !== undefined) {
      shard.header[`${PROJ}.weight`] = { dtype: 'F16', shape: [128, 320], data_offsets: [0, 128 * 320 * 2] };
    }
    const { findings } = await describeFixture(broken);
    expect(findings.find(({ id }) => id === 'uneven')).toMatchObject({ tensor: `${PROJ}.weight` });
  });

  test('a pattern that Python would refuse is reported and takes no other entry with it', async () => {
    const { findings } = await describeFixture(
      configured('compressed-tensors-w4a16', { ignore: ['re:(', 're:.*down_proj', 'lm_head'] }),
    );
    expect(findings.map(({ id }) => id).sort()).toEqual(['pattern-not-read', 'quantized-but-skipped']);
  });
});

// Tables that loaders make again from the quantization type, and what tells nothing but the layout.
const UNNEEDED = /weight_format$|workspace$|quant_map$/;

describe('no tensor of a quantized layer can be lost or bent without a finding', () => {
  test.each(FIXTURES)('%s', async (name) => {
    const headers = Object.values(fixture(name).shards).map(({ header }) => Object.keys(header));
    const own = headers.flat().filter((tensor) => tensor.startsWith(PROJ) && !UNNEEDED.test(tensor));
    const silent: string[] = [];
    for (const tensor of own) {
      const lost = without(fixture(name), (other) => other === tensor);
      if ((await describeFixture(lost)).findings.length === 0) silent.push(`${tensor} lost`);
      const bent = alter(fixture(name), tensor, { shape: [7, 7] });
      // One scale fits codes of any shape.
      const fitsAny = name === 'compressed-tensors-fp8' && tensor === `${PROJ}.weight`;
      if ((await describeFixture(bent)).findings.length === 0 && !fitsAny) silent.push(`${tensor} bent`);
    }
    expect(own.length).toBeGreaterThan(1);
    expect(silent).toEqual([]);
  });
});
