import { createRecipe, type Dialect, type DialectModel, type Recipe } from '@fewbit/core';
import { int8WeightOnly, intxWeightOnly, perGroup } from '@fewbit/configs';
import { describe, expect, test } from 'vitest';
import { compareDialects, createBuiltinDialects } from '../../src/index.ts';
import { qwen2, qwen3Moe } from '../helpers/small-models.ts';

const [a, b] = [int8WeightOnly(), intxWeightOnly({ granularity: perGroup(32) })];
const ALL = createBuiltinDialects();
const [documented, torchao, transformers, vllm] = ALL;

function disagreed(recipe: Recipe, model: DialectModel, dialects: readonly Dialect[] = ALL): Record<string, string> {
  const { disagreements } = compareDialects(recipe, model, dialects);
  return Object.fromEntries(
    disagreements.map(({ index, verdicts }) => [
      model.parameters[index]?.name ?? '',
      verdicts.map((verdict) => (verdict === null ? '!' : verdict.outcome === 'config' ? '+' : '-')).join(''),
    ]),
  );
}

describe('where dialects disagree', () => {
  test('the head and the biases under _default, by who quantizes them', () => {
    const names = disagreed(createRecipe({ _default: a }), qwen2(1));
    expect(names).toEqual({
      'model.layers.0.self_attn.q_proj.bias': '--+-',
      'model.layers.0.self_attn.k_proj.bias': '--+-',
      'model.layers.0.self_attn.v_proj.bias': '--+-',
      'lm_head.weight': '++--',
    });
  });

  test('q_proj by a pattern, which vLLM does not have', () => {
    expect(disagreed(createRecipe({ 're:.*q_proj\\.weight': a }), qwen2(1))).toEqual({
      'model.layers.0.self_attn.q_proj.weight': '+++-',
    });
  });

  test('single experts, which transformers has no more', () => {
    const model = qwen3Moe(2);
    const names = disagreed(createRecipe({ 're:.*experts\\.\\d+\\..*': a }), model);
    expect(new Set(Object.values(names))).toEqual(new Set(['++--']));
    expect(Object.keys(names)).toHaveLength(6);
  });

  test('equal configs of two keys are no disagreement, two configs are', () => {
    const recipe = (second: typeof a): Recipe =>
      createRecipe([
        ['re:.*o_proj', a],
        ['re:.*o_proj\\.weight', second],
      ]);
    expect(disagreed(recipe(int8WeightOnly()), qwen2(1))).toEqual({});
    expect(disagreed(recipe(b), qwen2(1))).toEqual({ 'model.layers.0.self_attn.o_proj.weight': '++++' });
  });

  test('each verdict names its key and says why', () => {
    const { disagreements } = compareDialects(createRecipe({ lm_head: a }), qwen2(1), ALL);
    const [head] = disagreements;
    expect(head?.verdicts.map((verdict) => verdict?.entry)).toEqual([0, 0, -1, -1]);
    expect(head?.verdicts[3]?.because).toContain('output head');
  });
});

test('a run that fails is told as a failure and takes no part in the comparison of tensors', () => {
  const { dialects, disagreements, agree } = compareDialects(createRecipe({ 're:model\\.norm|': a }), qwen2(1), ALL);
  expect(dialects.map(({ name, failure }) => [name, failure?.error ?? null])).toEqual([
    ['documented', null],
    ['torchao', 'AssertionError'],
    ['transformers', null],
    ['vllm', null],
  ]);
  expect(disagreements.every(({ verdicts }) => verdicts[1] === null)).toBe(true);
  expect(agree).toBe(false);
});

describe('sorting keys', () => {
  const recipe = createRecipe([
    ['re:.*o_proj', a],
    ['re:.*_proj', b],
  ]);

  test('what transformers’ sorting changes is told for each dialect', () => {
    const { dialects } = compareDialects(recipe, qwen2(1), ALL);
    for (const { sorting } of dialects.slice(0, 1)) {
      expect(sorting).toEqual({ parameters: 1, first: 'model.layers.0.self_attn.o_proj.weight', failure: false });
    }
  });

  test('a null that sorts before a config is told, though both reach only a container, on which torchao fails', () => {
    const container = createRecipe([
      ['re:.*mlp', a],
      ['re:.*\\.layers\\..*', null],
    ]);
    const sorting = compareDialects(container, qwen2(1), ALL).dialects.map((one) => one.sorting?.failure ?? null);
    expect(sorting[1]).toBe(true);
  });

  test('nothing is told where the order does not matter', () => {
    const exact = createRecipe({ 'model.layers.0.self_attn.o_proj': a, 'model.layers.0.mlp.down_proj': b });
    for (const { sorting } of compareDialects(exact, qwen2(1), ALL).dialects) expect(sorting).toBeNull();
    const apart = createRecipe([
      ['re:.*o_proj', a],
      ['re:.*down_proj', b],
    ]);
    for (const { sorting } of compareDialects(apart, qwen2(1), ALL).dialects) expect(sorting).toBeNull();
  });
});

test('one dialect agrees with itself, and so do two readings of a plain recipe', () => {
  const recipe = createRecipe({ 'model.layers.0.mlp.down_proj': a });
  for (const dialect of [documented, torchao, transformers, vllm]) {
    expect(dialect && compareDialects(recipe, qwen2(1), [dialect]).agree).toBe(true);
  }
  expect(compareDialects(recipe, qwen2(1), ALL).agree).toBe(true);
});

test('sorting is read with a dialect of names that we do not know, and told as a failure where it decides that', () => {
  const order = createRecipe([
    ['re:zzz', a],
    ['re:aaa', b],
  ]);
  const picky: Dialect = {
    name: 'picky',
    title: 'takes patterns in one order only',
    space: 'elsewhere',
    read: ({ entries }, { parameters }) => ({
      verdicts: parameters.map(() => ({ outcome: 'plain', entry: -1, because: 'no key matches' })),
      failure:
        entries[0]?.key === 're:zzz' ? null : { error: 'KeyError', message: 'another order', at: '', entries: [] },
      hazards: [],
    }),
  };
  const [compared] = compareDialects(order, qwen2(1), [picky]).dialects;
  expect(compared?.sorting).toEqual({ parameters: 0, first: null, failure: true });
});
