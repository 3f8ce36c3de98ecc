import { builtinConfigs } from '@fewbit/configs';
import { createRegistry, parseRecipe, type ParameterInfo } from '@fewbit/core';
import { describe, expect, it } from 'vitest';
import { convertRecipe, describeScheme, foreignFormats, type ForeignFormat } from '../../src/foreign/index.ts';
import { weightOf } from './arbitraries.ts';

const registry = createRegistry({ configs: builtinConfigs, backends: [], adapters: [] });

function format(name: string): ForeignFormat {
  const found = foreignFormats.find((each) => each.name === name);
  if (found === undefined) throw new Error(name);
  return found;
}

function selection(
  name: string,
  recipe: unknown,
  modules: readonly string[],
  parameters?: readonly ParameterInfo[],
): readonly string[] {
  const text = typeof recipe === 'string' ? recipe : JSON.stringify(recipe);
  const read = format(name).read(text, { registry, ...(parameters !== undefined && { parameters }) });
  return modules.map((module) => describeScheme(read.select(weightOf(module))));
}

const NO = 'not quantized';

describe('what each system does with examples of its own documentation', () => {
  it('GPTQModel: the README has layer 18 in 8 bits, layer 19 down to 4, layers 20 and 21 skipped', () => {
    const dynamic = {
      '.*\\.18\\..*gate.*': { bits: 8, group_size: 64 },
      '+:.*\\.19\\..*gate.*': { bits: 4, group_size: 32 },
      '-:.*\\.20\\..*gate.*': {},
      '-:.*\\.21\\..*': {},
    };
    const names = [
      'model.layers.18.mlp.gate_proj',
      'model.layers.19.mlp.gate_proj',
      'model.layers.20.mlp.gate_proj',
      'model.layers.21.mlp.up_proj',
      'model.layers.18.mlp.up_proj',
      'lm_head',
    ];
    expect(selection('gptqmodel', { bits: 4, group_size: 128, dynamic }, names)).toEqual([
      'int8, groups of 64',
      'int4, groups of 32',
      NO,
      NO,
      'int4, groups of 128',
      NO,
    ]);
  });

  it('compressed-tensors: ignore wins, names beat patterns, and patterns go by their text', () => {
    const recipe = {
      quantization_config: {
        quant_method: 'compressed-tensors',
        config_groups: {
          group_0: {
            targets: ['re:.*self_attn.*', 'Linear'],
            weights: { num_bits: 8, type: 'int', strategy: 'channel' },
          },
          group_1: {
            targets: ['re:.*q_proj', 'model.layers.0.mlp.up_proj'],
            weights: { num_bits: 4, group_size: 128 },
          },
        },
        ignore: ['lm_head', 're:.*down_proj'],
      },
    };
    const names = [
      'model.layers.0.self_attn.q_proj',
      'model.layers.0.self_attn.k_proj',
      'model.layers.0.mlp.up_proj',
      'model.layers.0.mlp.down_proj',
      'model.layers.0.mlp.gate_proj',
      'lm_head',
    ];
    // ".*q_proj" sorts before ".*self_attn.*".
    expect(selection('compressed-tensors', recipe, names)).toEqual([
      'int4, groups of 128',
      'int8, per channel',
      'int4, groups of 128',
      NO,
      'int8, per channel',
      NO,
    ]);
  });

  it('llm-compressor: a modifier with a preset is read from the recipe of a stage', () => {
    const recipe = {
      quant_stage: { quant_modifiers: { GPTQModifier: { targets: 'Linear', scheme: 'W4A16', ignore: ['lm_head'] } } },
    };
    expect(selection('compressed-tensors', recipe, ['model.layers.0.mlp.up_proj', 'lm_head'])).toEqual([
      'int4, groups of 128',
      NO,
    ]);
    const ids = format('compressed-tensors')
      .read(JSON.stringify(recipe))
      .findings.map(({ id }) => id);
    expect(ids).toEqual(['calibrated-rounding']);
  });

  it('AutoRound: a pattern beats a full name, and a part of a name is found anywhere', () => {
    const names = [
      'model.layers.0.mlp.gate',
      'model.layers.0.mlp.gate_proj',
      'model.layers.0.self_attn.q_proj',
      'lm_head',
    ];
    const recipe = {
      scheme: 'W4A16',
      layer_config: { 'model.layers.0.mlp.gate_proj': { bits: 8 }, 'mlp.gate': { bits: 2 } },
    };
    expect(selection('auto-round', recipe, names)).toEqual([
      'int2, groups of 128',
      'int2, groups of 128',
      'int4, groups of 128',
      NO,
    ]);
    expect(
      selection('auto-round', { layer_config: { lm_head: { bits: 4 } }, ignore_layers: 'mlp.gate_proj' }, names),
    ).toEqual(['int4, groups of 128', NO, 'int4, groups of 128', 'int4, groups of 128']);
  });

  it("AutoRound: with the model's names a key is a layer or a part of names", () => {
    const parameters = ['model.layers.1.mlp.gate', 'model.layers.1.mlp.gate_proj'].map((name) => weightOf(name));
    const recipe = { scheme: 'BF16', layer_config: { 'model.layers.1.mlp.gate': { bits: 8, data_type: 'int' } } };
    const names = parameters.map(({ module }) => module);
    expect(selection('auto-round', recipe, names, parameters)).toEqual(['int8, groups of 128', NO]);
    const others = parameters.slice(1);
    expect(selection('auto-round', recipe, names.slice(1), others)).toEqual(['int8, groups of 128']);
  });

  it('AutoRound: dots that are escaped already match nothing', () => {
    const recipe = { scheme: 'BF16', layer_config: { 'layers\\.1\\..*': { bits: 8, data_type: 'int' } } };
    expect(selection('auto-round', recipe, ['model.layers.1.mlp.up_proj'])).toEqual([NO]);
    const ids = format('auto-round')
      .read(JSON.stringify(recipe))
      .findings.map(({ id }) => id);
    expect(ids).toContain('escaped-twice');
  });

  it('llama.cpp: the first pattern that is found decides, in lower case', () => {
    const file = 'blk\\.(0|1)\\.ffn_down=q8_0\nFFN_down=Q4_0 attn_v=q5_1\noutput=f16';
    const names = [
      'model.layers.1.mlp.down_proj',
      'model.layers.10.mlp.down_proj',
      'model.layers.3.self_attn.v_proj',
      'model.layers.3.self_attn.q_proj',
      'lm_head',
    ];
    expect(selection('llama.cpp', file, names)).toEqual([
      'int8, groups of 32',
      'int4, groups of 32',
      'int5, groups of 32, asymmetric',
      NO,
      NO,
    ]);
  });

  it('ModelOpt: the last entry decides, and an entry without cfg only switches', () => {
    const recipe = {
      quant_cfg: [
        { quantizer_name: '*', enable: false },
        { quantizer_name: '*weight_quantizer', cfg: { num_bits: 4, block_sizes: { '-1': 128, type: 'static' } } },
        { quantizer_name: '*mlp*', enable: false },
        { quantizer_name: '*mlp.up_proj.weight_quantizer', enable: true },
        { quantizer_name: '*lm_head*', enable: false },
      ],
      algorithm: 'awq_lite',
    };
    const names = [
      'model.layers.0.self_attn.q_proj',
      'model.layers.0.mlp.up_proj',
      'model.layers.0.mlp.down_proj',
      'lm_head',
    ];
    expect(selection('modelopt', recipe, names)).toEqual(['int4, groups of 128', 'int4, groups of 128', NO, NO]);
    const old = {
      quant_cfg: {
        default: { enable: false },
        '*weight_quantizer': { num_bits: 8, axis: 0 },
        '*lm_head*': { enable: false },
      },
    };
    expect(selection('modelopt', old, names)).toEqual([
      'int8, per channel',
      'int8, per channel',
      'int8, per channel',
      NO,
    ]);
  });

  it('transformers: a list skips by the start or the end of the name of the weight', () => {
    const config = { _type: 'Int8WeightOnlyConfig', _version: 2, _data: {} };
    const recipe = (skip: readonly string[] | null): unknown => ({
      quant_method: 'torchao',
      quant_type: { default: config },
      modules_to_not_convert: skip,
    });
    const names = [
      'model.layers.1.self_attn.q_proj',
      'model.layers.11.self_attn.q_proj',
      'model.layers.2.self_attn.q_proj',
      'lm_head',
    ];
    const int8 = 'int8, per channel';
    expect(selection('transformers', recipe(['q_proj']), names)).toEqual([int8, int8, int8, int8]);
    expect(selection('transformers', recipe(['q_proj.weight']), names)).toEqual([NO, NO, NO, int8]);
    expect(selection('transformers', recipe(['model.layers.1']), names)).toEqual([NO, int8, int8, int8]);
    expect(selection('transformers', recipe(null), names)).toEqual([int8, int8, int8, NO]);
  });
});

describe('conversions', () => {
  const dynamic = { '-:.*\\.0\\..*': {}, '+:.*q_proj$': { bits: 8, group_size: -1 } };
  const text = JSON.stringify({ bits: 4, group_size: 64, dynamic });
  const norm: ParameterInfo = { ...weightOf('model.layers.1.q_proj_norm', [64]), kind: 'norm' };

  it('the result is a recipe that torchao and fewbit read', () => {
    const { text: recipe } = convertRecipe({ text, from: format('gptqmodel'), to: format('fqn'), registry });
    expect(parseRecipe(recipe, registry).recipe.entries.map(({ config }) => config?.type ?? null)).toEqual([
      null,
      null,
      null,
      'Int8WeightOnlyConfig',
      'IntxWeightOnlyConfig',
    ]);
  });

  it('a pattern that would reach a norm is held off by its name when the checkpoint is there', () => {
    const wide = JSON.stringify({ bits: 4, dynamic: { '.*q_proj': { bits: 8 } } });
    const parameters = [weightOf('model.layers.1.q_proj'), norm];
    const { text: recipe, checked } = convertRecipe({
      text: wide,
      from: format('gptqmodel'),
      to: format('fqn'),
      registry,
      parameters,
    });
    expect(parseRecipe(recipe, registry).recipe.entries[0]).toEqual({
      key: 'model.layers.1.q_proj_norm',
      config: null,
    });
    expect(checked).toEqual({ parameters: 2, quantized: 1, named: 1, differing: 0 });
  });

  it('what GPTQ does with data is reported as lost, and so is an unsupported width', () => {
    const { findings } = convertRecipe({ text, from: format('gptqmodel'), to: format('fqn'), registry });
    expect(findings.map(({ id }) => id)).toEqual(['calibrated-rounding', 'kind-unchecked']);
    const back = convertRecipe({
      text: JSON.stringify({ _default: { type: 'IntxWeightOnlyConfig', weight_dtype: 'int7' } }),
      from: format('fqn'),
      to: format('gptqmodel'),
      registry,
    });
    expect(back.entries).toMatchObject([{ outcome: 'lost', becomes: 'int7, per channel' }]);
  });

  it('a config that fewbit does not know is written for torchao, with a note', () => {
    const fp8 = JSON.stringify({ config_groups: { FP8_DYNAMIC: ['Linear'] }, ignore: [] });
    const { text: recipe, findings } = convertRecipe({
      text: fp8,
      from: format('compressed-tensors'),
      to: format('fqn'),
      registry,
    });
    expect(recipe).toContain('"Float8DynamicActivationFloat8WeightConfig"');
    expect(findings.map(({ id }) => id)).toEqual(['config-not-here']);
  });

  it('packed int4 is half the size, and says that it rounds otherwise', () => {
    const packed = convertRecipe({
      text: '{"bits":4}',
      from: format('gptqmodel'),
      to: format('fqn'),
      registry,
      packInt4: true,
    });
    expect(packed.text).toContain('"Int4WeightOnlyConfig"');
    expect(packed.findings.map(({ id }) => id)).toContain('int4-zero-points');
  });

  it('every format reads back what it writes', () => {
    const modules = [
      'model.layers.0.self_attn.q_proj',
      'model.layers.1.self_attn.q_proj',
      'model.layers.1.mlp.up_proj',
    ];
    const parameters = modules.map((name) => weightOf(name));
    for (const to of foreignFormats) {
      const { text: written } = convertRecipe({ text, from: format('gptqmodel'), to, registry, parameters });
      const first = modules.map((name) =>
        describeScheme(to.read(written, { registry, parameters }).select(weightOf(name))),
      );
      const again = convertRecipe({ text: written, from: to, to, registry, parameters });
      expect(again.checked?.differing, to.name).toBe(0);
      expect(
        modules.map((name) => describeScheme(to.read(again.text, { registry, parameters }).select(weightOf(name)))),
      ).toEqual(first);
    }
  });
});
