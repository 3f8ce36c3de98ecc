import { builtinConfigs } from '@fewbit/configs';
import { createRegistry, type ParameterInfo } from '@fewbit/core';
import { describe, expect, it } from 'vitest';
import { convertRecipe, describeScheme, foreignFormats, type ForeignFormat } from '../../src/foreign/index.ts';
import { weightOf } from './arbitraries.ts';

const registry = createRegistry({ configs: builtinConfigs, backends: [], adapters: [] });
const NO = 'not quantized';

function format(name: string): ForeignFormat {
  const found = foreignFormats.find((each) => each.name === name);
  if (found === undefined) throw new Error(name);
  return found;
}

function selection(
  name: string,
  recipe: unknown,
  tensors: readonly (string | ParameterInfo)[],
  options: { readonly parameters?: readonly ParameterInfo[] } = {},
): readonly string[] {
  const { select } = format(name).read(JSON.stringify(recipe), { registry, ...options });
  return tensors.map((tensor) => describeScheme(select(typeof tensor === 'string' ? weightOf(tensor) : tensor)));
}

function losses(name: string, recipe: unknown): readonly string[] {
  const text = JSON.stringify(recipe);
  const { findings } = convertRecipe({ text, from: format(name), to: format('fqn'), registry });
  return findings.flatMap(({ severity, id }) => (severity === 'loss' ? [id] : []));
}

const embedding: ParameterInfo = { ...weightOf('model.embed_tokens'), kind: 'embedding' };

// What `conformance` found when it asked the tools themselves; each stood otherwise in what had been read of them.
describe('GPTQModel 7.7', () => {
  it('a module that a later "-:" skips is quantized, since an earlier pattern matches it too', () => {
    const dynamic = { '.*mlp.*': { bits: 8 }, '-:.*up_proj': {} };
    const names = ['model.layers.0.mlp.up_proj', 'model.layers.0.mlp.down_proj'];
    expect(selection('gptqmodel', { bits: 4, dynamic }, names)).toEqual([NO, 'int8, groups of 128']);
  });

  it('a "-:" that names a part of the block as the block calls it skips nothing', () => {
    const recipe = { bits: 4, dynamic: { '-:mlp\\.gate_proj': {} } };
    const names = ['model.layers.3.mlp.gate_proj', 'model.layers.3.mlp.up_proj'];
    expect(selection('gptqmodel', recipe, names)).toEqual([NO, 'int4, groups of 128']);
    const { text } = convertRecipe({
      text: JSON.stringify(recipe),
      from: format('gptqmodel'),
      to: format('fqn'),
      registry,
    });
    const { select } = format('fqn').read(text, { registry });
    expect(names.map((name) => describeScheme(select(weightOf(name))))).toEqual([NO, 'int4, groups of 128']);
  });

  it('what asks about the start of such a name is taken over without a word', () => {
    expect(losses('gptqmodel', { bits: 4, dynamic: { '-:(?<!x)gate_proj': {} } })).toContain('pattern-unsaid');
  });

  it('a vision tower is quantized with the language model', () => {
    const names = [
      'model.visual.blocks.0.mlp.up_proj',
      'model.vision_tower.encoder.layers.0.fc1',
      'model.layers.0.fc1',
    ];
    expect(selection('gptqmodel', { bits: 4 }, names)).toEqual([NO, NO, 'int4, groups of 128']);
    expect(selection('auto-round', {}, names)).toEqual([NO, NO, 'int4, groups of 128']);
  });

  it("torchao's recipe for some modules becomes one in which everything is skipped", () => {
    const recipe = { 're:.*q_proj': { type: 'IntxWeightOnlyConfig', weight_dtype: 'int4' } };
    const text = JSON.stringify(recipe);
    const { text: written } = convertRecipe({ text, from: format('fqn'), to: format('gptqmodel'), registry });
    const names = [
      'model.layers.0.self_attn.q_proj',
      'model.layers.0.self_attn.k_proj',
      'model.layers.0.mlp.experts.0.q_proj',
    ];
    const { select } = format('gptqmodel').read(written);
    expect(names.map((name) => describeScheme(select(weightOf(name))))).toEqual([
      'int4, per channel',
      NO,
      'int4, per channel',
    ]);
  });
});

describe('compressed-tensors 0.20', () => {
  const weights = { num_bits: 4, strategy: 'channel' };
  const recipe = (...targets: readonly string[]): unknown => ({
    config_groups: { a: { targets, weights } },
    ignore: [],
  });

  it('an embedding that a target matches stays as it is', () => {
    expect(selection('compressed-tensors', recipe('re:.*embed.*'), [embedding])).toEqual(['int4, per channel']);
    expect(selection('compressed-tensors', recipe('Embedding'), [embedding, 'lm_head'])).toEqual([
      'int4, per channel',
      NO,
    ]);
    expect(selection('compressed-tensors', recipe('Linear'), [embedding, 'lm_head'])).toEqual([
      NO,
      'int4, per channel',
    ]);
    expect(losses('compressed-tensors', recipe('Module'))).toContain('embeddings');
  });

  it('presets of other widths than four and eight bits are refused', () => {
    expect(selection('compressed-tensors', { config_groups: { W3A16: ['Linear'] } }, ['lm_head'])).toEqual([
      'int3, groups of 128',
    ]);
  });
});

describe('AutoRound 0.16', () => {
  const odd = weightOf('model.layers.1.mlp.up_proj', [64, 48]);
  const even = weightOf('model.layers.0.mlp.up_proj');

  it('a layer beside one whose shape no kernel takes is quantized, though both have one key', () => {
    const recipe = { scheme: 'W4A16', layer_config: { up_proj: { bits: 8 } } };
    expect(selection('auto-round', recipe, [odd, even], { parameters: [odd, even] })).toEqual([NO, NO]);
    expect(selection('auto-round', recipe, [even], { parameters: [even] })).toEqual(['int8, groups of 128']);
    expect(losses('auto-round', recipe)).toContain('shape-unchecked');
  });

  it('MXFP4 is given to layers whose columns its groups do not divide', () => {
    expect(selection('auto-round', { scheme: 'MXFP4' }, [odd])).toEqual([NO]);
  });

  it('8 bits take zero points from the scheme', () => {
    const recipe = { scheme: { bits: 4, sym: false, data_type: 'int' }, layer_config: { up_proj: { bits: 8 } } };
    expect(selection('auto-round', recipe, [even])).toEqual(['int8, groups of 128']);
  });

  it('a layer called fc1 is no longer ignored, since a dot was put after its name', () => {
    const fc1 = weightOf('model.layers.0.fc1');
    expect(selection('auto-round', { ignore_layers: 'fc1' }, [fc1], { parameters: [fc1] })).toEqual([NO]);
  });
});

describe('ModelOpt 0.47', () => {
  it('an embedding that entries reach stays as it is, or has its input quantized', () => {
    expect(selection('modelopt', { quant_cfg: [] }, [embedding])).toEqual(['int8, per tensor']);
    const off = { quant_cfg: [{ quantizer_name: '*', enable: false, parent_class: 'nn.Embedding' }] };
    expect(selection('modelopt', off, [embedding, 'lm_head'])).toEqual([
      NO,
      'int8, per channel; activations int8, per tensor, static',
    ]);
    expect(losses('modelopt', { quant_cfg: [] })).toContain('embeddings');
  });
});

describe('llama.cpp 0.4', () => {
  it('a file for it is used with F16, where llama.cpp asks no pattern, and nobody says so', () => {
    const recipe = JSON.stringify({ 're:.*q_proj': { type: 'IntxWeightOnlyConfig', weight_dtype: 'int4' } });
    const { findings } = convertRecipe({ text: recipe, from: format('fqn'), to: format('llama.cpp'), registry });
    expect(findings.map(({ id }) => id)).toContain('quantized-base');
  });
});

describe('transformers 5.23', () => {
  const recipe = (...skip: readonly string[]): unknown => ({
    quant_method: 'torchao',
    quant_type: { default: { _type: 'Int8WeightOnlyConfig', _version: 2, _data: {} } },
    modules_to_not_convert: skip,
    include_input_output_embeddings: skip.includes('lm_head'),
  });

  it('a list entry skips modules whose names only begin like it', () => {
    const names = ['model.layers.1.mlp.gate', 'model.layers.1.mlp.gate_proj', 'model.layers.11.mlp.gate'];
    const written = recipe('model.layers.1.mlp.gate');
    expect(selection('transformers', written, names)).toEqual([NO, 'int8, per channel', 'int8, per channel']);
    const { text } = convertRecipe({
      text: JSON.stringify(written),
      from: format('transformers'),
      to: format('fqn'),
      registry,
    });
    const { select } = format('fqn').read(text, { registry });
    expect(names.map((name) => describeScheme(select(weightOf(name))))).toEqual([
      NO,
      'int8, per channel',
      'int8, per channel',
    ]);
  });

  it('the head stays in the list when the embeddings are to be quantized', () => {
    expect(selection('transformers', recipe('lm_head'), ['lm_head'])).toEqual(['int8, per channel']);
  });

  it('flags for a whole pattern are taken, on which transformers fails', () => {
    expect(() => selection('transformers', recipe('(?i)LM_HEAD'), [])).toThrow(/transformers cannot use the pattern/);
  });
});
