import { parseConfig, type Config, type ParameterInfo } from '@fewbit/core';
import { describe, expect, it } from 'vitest';
import { torchao } from '../../src/index.ts';
import { INT4, INT8, INTX, modelOf, parameter, quantizedBy, recipeOf, registry } from '../helpers/models.ts';

/** A config of a user's own, under any class name. */
function ownConfig(type: string, accept: Config['accept'] = () => ({ verdict: 'quantize' })): Config {
  const int8 = parseConfig(INT8, registry);
  return { ...int8, type, accept, quantizer: int8.quantizer };
}

const LINEAR = [parameter('a.weight', [64, 64]), parameter('a.bias', [64])];

describe('torchao, beyond its vectors', () => {
  it('asks accept of a config type that torchao does not have', () => {
    const picky = ownConfig('MyConfig', ({ shape }) =>
      shape.length === 2 ? { verdict: 'quantize' } : { verdict: 'error', reason: 'no matrix' },
    );
    const model = modelOf(LINEAR);
    const recipe = recipeOf([['a', picky]]);
    expect(quantizedBy(torchao.read(recipe, model), model, recipe)).toEqual({ 'a.weight': 'a' });
    expect(torchao.read(recipeOf([['a.bias', picky]]), model).failure).toMatchObject({
      error: 'ValueError',
      at: 'a.bias',
    });
    expect(
      torchao.read(
        recipeOf([
          ['a.weight', picky],
          ['re:.*weight', picky],
        ]),
        model,
      ).failure?.error,
    ).toBe('NotImplementedError');
  });

  it('lets keys of modules only lead to a config whose handler takes modules only', () => {
    const config = ownConfig('NVFP4WeightOnlyConfig');
    const model = modelOf([parameter('0.weight', [64, 64])]);
    const recipe = recipeOf([['0', config]]);
    expect(quantizedBy(torchao.read(recipe, model), model, recipe)).toEqual({ '0.weight': '0' });
    for (const key of ['0.weight', 're:0.weight']) {
      const { failure } = torchao.read(recipeOf([[key, config]]), model);
      expect(failure).toMatchObject({ error: 'NotImplementedError', at: '0.weight', entries: [0] });
    }
  });

  it('names both entries when a tensor is quantized twice', () => {
    const { failure } = torchao.read(
      recipeOf([
        ['a.weight', INT8],
        ['re:.*weight', INTX],
      ]),
      modelOf(LINEAR),
    );
    expect(failure).toMatchObject({ error: 'NotImplementedError', at: 'a.weight', entries: [0, 1] });
  });

  it('warns of a quantized bias, a quantized norm and quantized experts', () => {
    const model = modelOf([
      ...LINEAR,
      parameter('norm.weight', [64], 'norm'),
      parameter('experts.down_proj', [2, 64, 64], 'experts'),
    ]);
    const { failure, hazards } = torchao.read(recipeOf([['re:.*\\..+', INT8]]), model);
    expect(failure).toBeNull();
    expect(hazards.map(({ id, at }) => [id, at])).toEqual([
      ['bias-quantized', 'a.bias'],
      ['norm-quantized', 'norm.weight'],
      ['experts-quantized', 'experts.down_proj'],
    ]);
  });

  it('quantizes the tied head that the checkpoint does not hold, which unties it', () => {
    const model = modelOf([parameter('model.embed_tokens.weight', [64, 64], 'embedding')], {
      model_type: 'llama',
      tie_word_embeddings: true,
    });
    const reading = torchao.read(recipeOf([['_default', INT8]]), model);
    expect(reading.verdicts.map(({ outcome }) => outcome)).toEqual(['plain']);
    expect(reading.hazards).toMatchObject([{ id: 'embeddings-untied', at: 'lm_head.weight', entry: 0 }]);
  });

  it('knows modules without parameters where the model lists them', () => {
    const parameters = ['gate_proj', 'down_proj'].map((name) => parameter(`mlp.${name}.weight`, [64, 64]));
    const recipe = recipeOf([['re:mlp\\..*', INT8]]);
    expect(torchao.read(recipe, { parameters, config: null }).failure).toBeNull();
    const modules = ['', 'mlp', 'mlp.gate_proj', 'mlp.down_proj', 'mlp.act_fn'];
    expect(torchao.read(recipe, { parameters, config: null, modules }).failure).toMatchObject({
      error: 'AssertionError',
      at: 'mlp.act_fn',
    });
  });

  it('comes to layers by number, to weights before biases and to the head last, whatever the order of the file', () => {
    const layer = (index: number): ParameterInfo[] => [
      parameter(`model.layers.${index}.fc.bias`, [64]),
      parameter(`model.layers.${index}.fc.weight`, [64, 48]),
    ];
    const parameters = [
      parameter('lm_head.weight', [64, 48]),
      ...[1, 10, 2].flatMap(layer),
      parameter('model.norm.weight', [64], 'norm'),
      parameter('model.embed_tokens.weight', [64, 48], 'embedding'),
    ];
    const at = (key: string): string | undefined =>
      torchao.read(recipeOf([[key, INTX]]), modelOf(parameters)).failure?.at;
    expect(at('re:.*\\.(weight|bias)')).toBe('model.embed_tokens.weight');
    expect(at('re:.*(layers|lm_head|norm).*\\.(weight|bias)')).toBe('model.layers.1.fc.weight');
    expect(at('re:.*(2|10).*\\.(weight|bias)')).toBe('model.layers.2.fc.weight');
    expect(at('re:.*(norm|head)\\.weight')).toBe('model.norm.weight');
  });

  it('leaves a tensor whose groups do not divide to the next pattern', () => {
    const model = modelOf([parameter('a.weight', [64, 48])]);
    const recipe = recipeOf([
      ['re:a.weight', INT4],
      ['re:.*weight', null],
    ]);
    const { verdicts, failure } = torchao.read(recipe, model);
    expect(failure).toBeNull();
    expect(verdicts[0]).toMatchObject({ outcome: 'plain', entry: 0 });
    expect(verdicts[0]?.because).toMatch('48 does not divide into groups of 32');
  });

  it('never throws, whatever a model or a recipe is called', () => {
    const deep = `${'a.'.repeat(10_000)}weight`;
    const names = ['__proto__.weight', 'constructor', '', '.', '..weight', deep, '_default.weight', 're:x.weight'];
    const model = modelOf(names.map((name) => parameter(name, [64, 64])));
    for (const key of ['re:(', '__proto__', '_default', 're:x', 're:.*', deep, '']) {
      expect(() => torchao.read(recipeOf([[key, INT8]]), model)).not.toThrow();
    }
    const twice = recipeOf([
      ['a', INT8],
      ['a', null],
    ]);
    expect(torchao.read(twice, model).failure).toMatchObject({ error: 'InvalidRecipeError', at: '' });
  });

  it('trips over a module that is called like a pattern, as its assertion does', () => {
    const { failure } = torchao.read(recipeOf([['re:x', INT8]]), modelOf([parameter('re:x.weight', [64, 64])]));
    expect(failure).toMatchObject({ error: 'AssertionError', at: 're:x' });
  });
});
