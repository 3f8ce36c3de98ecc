import type { DialectModel } from '@fewbit/core';
import { describe, expect, it } from 'vitest';
import { createTransformersDialect, transformers } from '../../src/index.ts';
import { INT8, INTX, modelOf, parameter, quantizedBy, recipeOf } from '../helpers/models.ts';

const TIED = modelOf(
  [
    parameter('model.embed_tokens.weight', [64, 64], 'embedding'),
    parameter('model.layers.0.fc.weight', [64, 64]),
    parameter('model.norm.weight', [64], 'norm'),
  ],
  { model_type: 'llama', tie_word_embeddings: true },
);
const UNTIED: DialectModel = {
  parameters: [...TIED.parameters, parameter('lm_head.weight', [64, 64])],
  config: { model_type: 'llama', tie_word_embeddings: false },
};
const EMBEDDINGS = recipeOf([['model.embed_tokens', INT8]]);

describe('tied embeddings in transformers', () => {
  it('are skipped by default, though a key names them', () => {
    const { verdicts } = transformers.read(EMBEDDINGS, TIED);
    expect(verdicts[0]?.because).toMatch('modules_to_not_convert');
  });

  it('are shared when they are included', () => {
    const { failure, hazards } = createTransformersDialect({ includeInputOutputEmbeddings: true }).read(
      EMBEDDINGS,
      TIED,
    );
    expect(failure).toBeNull();
    expect(hazards).toMatchObject([{ id: 'tied-embeddings-quantized', at: 'lm_head.weight' }]);
  });

  it('cannot be untied: the copy is compared with the quantized tensor', () => {
    const dialect = createTransformersDialect({ includeInputOutputEmbeddings: true, untieEmbeddingWeights: true });
    expect(dialect.read(EMBEDDINGS, TIED).failure?.error).toBe('NotImplementedError');
  });

  it('cannot both be stored, once one is quantized', () => {
    const both = { ...UNTIED, config: TIED.config };
    expect(createTransformersDialect({ modulesToNotConvert: [] }).read(EMBEDDINGS, both).failure).toMatchObject({
      error: 'NotImplementedError',
      at: 'lm_head.weight',
    });
  });

  it('take the place of a head that was never tied', () => {
    const dialect = createTransformersDialect({ modulesToNotConvert: [], untieEmbeddingWeights: true });
    const recipe = recipeOf([['re:.*(embed_tokens|lm_head)', INT8]]);
    const reading = dialect.read(recipe, UNTIED);
    expect(Object.keys(quantizedBy(reading, UNTIED, recipe))).toEqual(['model.embed_tokens.weight']);
    expect(reading.hazards).toMatchObject([{ id: 'head-overwritten', at: 'lm_head.weight' }]);
  });
});

describe('the default skip list', () => {
  it('holds the last module of a model without a known head', () => {
    const model = modelOf([parameter('body.weight', [64, 64]), parameter('classifier.weight', [64, 64])]);
    const recipe = recipeOf([['_default', INT8]]);
    expect(quantizedBy(transformers.read(recipe, model), model, recipe)).toEqual({ 'body.weight': '_default' });
  });

  it("holds the names that a family keeps in float32, with a list of one's own as well", () => {
    const model = modelOf([parameter('encoder.wo.weight', [64, 64]), parameter('encoder.wi.weight', [64, 64])], {
      model_type: 't5',
    });
    const recipe = recipeOf([['_default', INT8]]);
    const dialect = createTransformersDialect({ modulesToNotConvert: ['x'] });
    // `wo` matches from the start of the whole name, and so nothing here: it says so of T5 itself.
    expect(Object.keys(quantizedBy(dialect.read(recipe, model), model, recipe))).toEqual([
      'encoder.wo.weight',
      'encoder.wi.weight',
    ]);
    const kept = createTransformersDialect({ modulesToNotConvert: [], keepInFp32Modules: ['encoder.wo'] });
    expect(Object.keys(quantizedBy(kept.read(recipe, model), model, recipe))).toEqual(['encoder.wi.weight']);
  });
});

describe('names in memory', () => {
  const experts = [0, 1].flatMap((index) =>
    ['gate_proj', 'up_proj', 'down_proj'].map((name) => parameter(`mlp.experts.${index}.${name}.weight`, [32, 64])),
  );
  const model = modelOf([...experts, parameter('head.weight', [64, 64])]);
  const dialect = createTransformersDialect({
    inMemoryName: (name) =>
      name
        .replace(/experts\.\d+\.(?:gate|up)_proj\.weight/, 'experts.gate_up_proj')
        .replace(/experts\.\d+\.down_proj\.weight/, 'experts.down_proj'),
  });

  it('are the ones that keys meet: single experts cannot be addressed', () => {
    const single = recipeOf([['re:.*experts\\.\\d+\\..*', INT8]]);
    expect(quantizedBy(dialect.read(single, model), model, single)).toEqual({});
    const stacked = recipeOf([['re:.*experts\\.(gate_up|down)_proj', INT8]]);
    const reading = dialect.read(stacked, model);
    expect(Object.keys(quantizedBy(reading, model, stacked))).toHaveLength(experts.length);
    expect(reading.hazards.map(({ id, at }) => [id, at])).toEqual([
      ['experts-quantized', 'mlp.experts.gate_up_proj'],
      ['experts-quantized', 'mlp.experts.down_proj'],
    ]);
  });

  it('have the shape of the stack, which configs for matrices refuse', () => {
    const { failure } = dialect.read(recipeOf([['re:.*experts\\.gate_up_proj', INTX]]), model);
    expect(failure).toMatchObject({ error: 'RuntimeError', at: 'mlp.experts.gate_up_proj' });
    expect(failure?.message).toMatch('[2, 64, 64]');
  });
});

describe('odd tensors in transformers', () => {
  it('a name without a dot ends the job, whether a key matches it or not', () => {
    const model = modelOf([parameter('scale', [64], 'other'), parameter('a.weight', [64, 64])]);
    const dialect = createTransformersDialect({ modulesToNotConvert: [] });
    expect(dialect.read(recipeOf([['a', INT8]]), model).failure).toMatchObject({ error: 'ValueError', at: 'scale' });
  });

  it('a buffer that a key reaches becomes a parameter, and with a null ends the job', () => {
    const name = 'mlp.gate.e_score_correction_bias';
    const model = modelOf([parameter('mlp.gate.weight', [8, 64], 'other'), parameter(name, [8], 'buffer')]);
    const dialect = createTransformersDialect({ modulesToNotConvert: [] });
    const reading = dialect.read(recipeOf([['mlp.gate', INT8]]), model);
    expect(reading.verdicts.map(({ outcome }) => outcome)).toEqual(['config', 'config']);
    expect(reading.hazards).toMatchObject([{ id: 'buffer-quantized', at: name }]);
    expect(dialect.read(recipeOf([['mlp.gate', null]]), model).failure).toMatchObject({ error: 'TypeError', at: name });
  });

  it('never throws, whatever a model, a recipe or a skip list is called', () => {
    const names = ['__proto__.weight', 'constructor.x', 'a.0', '..', '_default.weight', 're:x.weight'];
    const model = modelOf(names.map((name) => parameter(name, [64, 64])));
    for (const key of ['re:(', '__proto__', '_default', 're:x', 're:.*', 're:x.weight']) {
      for (const member of ['(', '', '__proto__', '.*']) {
        const dialect = createTransformersDialect({ modulesToNotConvert: [member] });
        expect(() => dialect.read(recipeOf([[key, INT8]]), model)).not.toThrow();
      }
    }
  });
});
