import { createRecipe, type Dialect, type DialectModel, type Recipe } from '@fewbit/core';
import { int8WeightOnly, intxWeightOnly, perGroup } from '@fewbit/configs';
import { describe, expect, test } from 'vitest';
import {
  compareDialects,
  createBuiltinDialects,
  documented,
  toPortableRecipe,
  type PortableForm,
} from '../../src/index.ts';
import { modelOf, qwen2, qwen3Moe } from '../helpers/small-models.ts';

const [a, b] = [int8WeightOnly(), intxWeightOnly({ granularity: perGroup(32) })];
const ALL = createBuiltinDialects();
const WITHOUT_VLLM = ALL.slice(0, 3);

function portable(recipe: Recipe, model: DialectModel, dialects: readonly Dialect[] = ALL): PortableForm {
  return toPortableRecipe(recipe, model, dialects, { reference: documented });
}

/** Keys and the class of their configs. */
function keysOf({ recipe }: PortableForm): Record<string, string | null> | null {
  return recipe && Object.fromEntries(recipe.entries.map(({ key, config }) => [key, config?.type ?? null]));
}

function refusedNames({ refused }: PortableForm, model: DialectModel): readonly string[] {
  return refused.map(({ index }) => model.parameters[index]?.name ?? '');
}

const INT8 = 'Int8WeightOnlyConfig';
const at = 'model.layers.0';

describe('a linear with a bias', () => {
  const model = modelOf(
    { 'head.weight': [64, 64], 'layer.fc.weight': [64, 64], 'layer.fc.bias': [64], 'norm.weight': [64] },
    null,
  );

  test('gets the three keys of which each alone is read otherwise somewhere', () => {
    expect(keysOf(portable(createRecipe({ 'layer.fc': a }), model))).toEqual({
      'layer.fc.weight': INT8,
      'layer.fc': INT8,
      'layer.fc.bias': null,
    });
  });

  test('needs no key of its module where no dialect asks by modules alone', () => {
    expect(keysOf(portable(createRecipe({ 'layer.fc': a }), model, WITHOUT_VLLM))).toEqual({ 'layer.fc.weight': INT8 });
  });

  test('whose bias the recipe quantizes is refused, since vLLM never does', () => {
    const form = portable(createRecipe({ 're:layer\\.fc\\..*': a }), model);
    expect(form.recipe).toBeNull();
    expect(form.refused).toEqual([
      { index: 2, why: expect.stringContaining('vllm leaves it as it is') as string, dialects: ['vllm'] },
    ]);
  });
});

test('a linear without a bias gets one key', () => {
  const model = qwen2(1);
  expect(keysOf(portable(createRecipe({ 're:.*down_proj': a }), model))).toEqual({ [`${at}.mlp.down_proj`]: INT8 });
});

test('patterns become keys of q, k, v and of what vLLM makes of them', () => {
  const model = qwen2(1);
  const form = portable(createRecipe({ 're:.*self_attn\\.[qkv]_proj\\.weight': a }), model);
  const keys = keysOf(form);
  expect(keys?.[`${at}.self_attn.qkv_proj`]).toBe(INT8);
  expect(keys?.[`${at}.self_attn.q_proj.weight`]).toBe(INT8);
  expect(form.recipe && compareDialects(form.recipe, model, ALL).agree).toBe(true);
});

describe('no portable form', () => {
  const model = qwen2(1);

  test('for parts of one fused projection with different configs', () => {
    const form = portable(createRecipe({ 're:.*[qk]_proj\\.weight': a, 're:.*v_proj\\.weight': b }), model);
    expect(form.recipe).toBeNull();
    expect(refusedNames(form, model)).toEqual(['q', 'k', 'v'].map((part) => `${at}.self_attn.${part}_proj.weight`));
    expect(form.refused[0]?.why).toContain('qkv_proj');
  });

  test('for a part that is quantized beside parts that are not', () => {
    const form = portable(createRecipe({ 're:.*q_proj\\.weight': a }), model);
    expect(refusedNames(form, model)).toEqual([`${at}.self_attn.q_proj.weight`]);
    expect(keysOf(portable(createRecipe({ 're:.*q_proj\\.weight': a }), model, WITHOUT_VLLM))).toEqual({
      [`${at}.self_attn.q_proj.weight`]: INT8,
    });
  });

  test('for the embedding and the head, and it says which dialects leave them', () => {
    const form = portable(createRecipe({ 'model.embed_tokens': a, lm_head: a }), model);
    expect(form.refused.map(({ index, dialects }) => [model.parameters[index]?.name, dialects])).toEqual([
      ['model.embed_tokens.weight', ['vllm']],
      ['lm_head.weight', ['transformers', 'vllm']],
    ]);
  });

  test('for a recipe that its own reference cannot use', () => {
    const form = portable(createRecipe({ 're:(': a }), model);
    expect(form).toMatchObject({ recipe: null, refused: [], failures: [{ dialect: 'documented' }] });
  });
});

describe('experts', () => {
  const model = qwen3Moe(2);

  test('get the name of their stack for transformers beside their own', () => {
    const form = portable(createRecipe({ 're:.*experts\\.\\d+\\.down_proj': a }), model, WITHOUT_VLLM);
    expect(keysOf(form)).toEqual({
      [`${at}.mlp.experts.0.down_proj`]: INT8,
      [`${at}.mlp.experts.1.down_proj`]: INT8,
      [`${at}.mlp.experts.down_proj`]: INT8,
    });
  });

  test('with different configs cannot be one stack', () => {
    const form = portable(createRecipe({ 're:.*experts\\.0\\.down_proj': a }), model, WITHOUT_VLLM);
    expect(form.recipe).toBeNull();
    expect(form.refused[0]?.why).toContain('experts.down_proj');
  });
});

test('a null and an empty recipe have an empty portable form', () => {
  for (const recipe of [createRecipe({}), createRecipe({ _default: null })]) {
    expect(portable(recipe, qwen2(1)).recipe?.entries).toEqual([]);
  }
});

test('names that would be read as patterns or as _default are refused, not turned into keys of another kind', () => {
  const model = modelOf({ 're:a.weight': [64, 64], '_default.weight': [64, 64], 'norm.weight': [64] }, null);
  const form = portable(createRecipe({ 're:.*weight': a }), model, [documented]);
  expect(form.recipe).toBeNull();
  expect(refusedNames(form, model)).toEqual(['re:a.weight', '_default.weight']);
});
