import {
  createRecipe,
  deriveParameters,
  sortRecipe,
  type DialectReading,
  type ParameterInfo,
  type Recipe,
} from '@fewbit/core';
import { int4WeightOnly, int8WeightOnly, intxWeightOnly, perGroup } from '@fewbit/configs';
import { describe, expect, test } from 'vitest';
import { createVllmDialect, type VllmOptions } from '../../src/index.ts';
import { familyOf, parametersOf } from '../helpers/families.ts';

const [a, b] = [int8WeightOnly(), intxWeightOnly()];

/** A layer of Qwen2: q, k and v have biases. */
const LAYERS = [1, 11].flatMap((layer) => [
  ...['q', 'k', 'v'].flatMap((part) => [
    weight(`model.layers.${layer}.self_attn.${part}_proj.weight`),
    { ...weight(`model.layers.${layer}.self_attn.${part}_proj.bias`), shape: [64] },
  ]),
  ...['self_attn.o_proj', 'mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj'].map((module) =>
    weight(`model.layers.${layer}.${module}.weight`),
  ),
  { ...weight(`model.layers.${layer}.input_layernorm.weight`), shape: [64] },
]);
const QWEN2 = deriveParameters([weight('model.embed_tokens.weight'), ...LAYERS, weight('lm_head.weight')]);

function weight(name: string): { readonly name: string; readonly dtype: 'BF16'; readonly shape: readonly number[] } {
  return { name, dtype: 'BF16', shape: [64, 64] };
}

function read(
  recipe: Recipe,
  {
    parameters = QWEN2,
    modelType = 'qwen2',
    ...options
  }: VllmOptions & { readonly parameters?: readonly ParameterInfo[]; readonly modelType?: string } = {},
): DialectReading {
  return createVllmDialect(options).read(recipe, { parameters, config: { model_type: modelType } });
}

/** The tensors that get a config, and from which key. */
function quantized(
  recipe: Recipe,
  reading = read(recipe),
  parameters: readonly ParameterInfo[] = QWEN2,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    reading.verdicts.flatMap(({ outcome, entry }, index) =>
      outcome === 'config' ? [[parameters[index]?.name ?? '', recipe.entries[entry]?.key ?? '']] : [],
    ),
  );
}

const named = (layer: number, ...modules: string[]): string[] =>
  modules.map((module) => `model.layers.${layer}.${module}.weight`);
const QKV = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'];

describe('which key decides', () => {
  test('an exact key of vLLM’s own module beats patterns, and the first pattern in file order the later ones', () => {
    const recipe = createRecipe([
      ['re:.*o_proj', a],
      ['re:.*_proj', b],
      ['model.layers.1.self_attn.o_proj', b],
    ]);
    const keys = quantized(recipe);
    expect(keys['model.layers.1.self_attn.o_proj.weight']).toBe('model.layers.1.self_attn.o_proj');
    expect(keys['model.layers.11.self_attn.o_proj.weight']).toBe('re:.*o_proj');
    expect(keys['model.layers.11.mlp.down_proj.weight']).toBe('re:.*_proj');
  });

  test('keys sorted by transformers decide otherwise, since the first pattern is another one', () => {
    const recipe = createRecipe([
      ['re:.*o_proj', a],
      ['re:.*.self_attn.*', b],
    ]);
    const sorted = sortRecipe(recipe);
    expect(quantized(recipe)['model.layers.1.self_attn.o_proj.weight']).toBe('re:.*o_proj');
    expect(quantized(sorted)['model.layers.1.self_attn.o_proj.weight']).toBe('re:.*.self_attn.*');
  });

  test('_default reaches the linear layers, and neither head, embedding, norms nor biases', () => {
    const names = Object.keys(quantized(createRecipe({ _default: a })));
    expect(names).toEqual(LAYERS.map(({ name }) => name).filter((name) => name.endsWith('proj.weight')));
  });

  test('keys of the head and the embedding are ignored', () => {
    expect(quantized(createRecipe({ lm_head: a, 'model.embed_tokens': a }))).toEqual({});
  });

  test('keys of parameters are never asked, exact or patterns, and a hazard says so', () => {
    const recipe = createRecipe({ 'model.layers.1.self_attn.o_proj.weight': a, 're:.*down_proj\\.weight': a });
    const reading = read(recipe);
    expect(quantized(recipe, reading)).toEqual({});
    expect(reading.hazards.map(({ id, entry, at }) => [id, entry, at])).toEqual([
      ['parameter-key', 0, 'model.layers.1.self_attn.o_proj.weight'],
      ['parameter-key', 1, 'model.layers.1.mlp.down_proj.weight'],
    ]);
  });
});

describe('fused modules', () => {
  test('a pattern for q_proj alone does not reach q, k and v, which fall to _default', () => {
    const recipe = createRecipe([
      ['re:.*\\.q_proj', a],
      ['_default', b],
    ]);
    const keys = quantized(recipe);
    expect(named(1, ...QKV).map((name) => keys[name])).toEqual(['_default', '_default', '_default']);
    expect(read(recipe).hazards).toContainEqual(
      expect.objectContaining({ id: 'fused-parts-differ', at: 'model.layers.1.self_attn.qkv_proj.weight', entry: 1 }),
    );
  });

  test('a pattern for v_proj decides about q and k too, one for up_proj about gate', () => {
    const keys = quantized(createRecipe({ 're:.*v_proj': a, 're:.*up_proj': b }));
    expect(named(1, ...QKV).map((name) => keys[name])).toEqual(Array(3).fill('re:.*v_proj'));
    expect(named(1, 'mlp.gate_proj', 'mlp.up_proj').map((name) => keys[name])).toEqual(Array(2).fill('re:.*up_proj'));
  });

  test('keys of all three parts do not reach the whole, and the hazard tells that apart from parts that differ', () => {
    const recipe = createRecipe(Object.fromEntries(QKV.map((module) => [`model.layers.1.${module}`, a])));
    expect(quantized(recipe)).toEqual({});
    expect(read(recipe).hazards.map(({ id, at }) => [id, at])).toEqual([
      ['fused-name-differs', 'model.layers.1.self_attn.qkv_proj.weight'],
    ]);
  });

  test('the whole’s own name does', () => {
    const keys = quantized(createRecipe({ 'model.layers.1.self_attn.qkv_proj': a }));
    expect(Object.keys(keys)).toEqual(named(1, ...QKV));
  });
});

describe('skipping', () => {
  const skipped = (...keys: string[]): readonly string[] => {
    const recipe = createRecipe([...keys.map((key) => [key, null] as const), ['_default', a] as const]);
    const reading = read(recipe);
    const plain = reading.verdicts.flatMap(({ outcome, entry }, index) =>
      outcome === 'plain' && entry >= 0 ? [QWEN2[index]?.name ?? ''] : [],
    );
    return plain;
  };

  test('a null for layers.1 skips layer 1 and not 11', () => {
    expect(skipped('layers.1')).toEqual(
      named(1, ...QKV, 'self_attn.o_proj', 'mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj'),
    );
  });

  test('a null for o_proj skips that of every layer, since it is a whole component', () => {
    expect(skipped('o_proj')).toEqual([...named(1, 'self_attn.o_proj'), ...named(11, 'self_attn.o_proj')]);
    expect(skipped('_proj')).toEqual([]);
  });

  test('nulls for q, k and v, or for gate, skip the module that vLLM makes of them', () => {
    expect(skipped(...QKV.map((module) => `model.layers.1.${module}`))).toEqual([]);
    expect(skipped('model.layers.1.mlp.gate_proj', 'model.layers.1.mlp.up_proj')).toEqual([]);
    expect(skipped('model.layers.1.self_attn.qkv_proj')).toEqual(named(1, ...QKV));
  });

  test('a null for a bias, which the portable form has, skips nothing', () => {
    expect(skipped('model.layers.1.self_attn.q_proj.bias', 'model.layers.1.self_attn.o_proj.bias')).toEqual([]);
  });

  test('a null pattern ends the search, and modules_to_not_convert is read from the config', () => {
    expect(skipped('re:.*o_proj')).toEqual([...named(1, 'self_attn.o_proj'), ...named(11, 'self_attn.o_proj')]);
    const config = { model_type: 'qwen2', quantization_config: { modules_to_not_convert: ['layers.1', 7] } };
    const { verdicts } = createVllmDialect().read(createRecipe({ _default: a }), { parameters: QWEN2, config });
    const first = verdicts[QWEN2.findIndex(({ name }) => name.endsWith('1.self_attn.o_proj.weight'))];
    expect(first).toMatchObject({ outcome: 'plain', entry: -1 });
    expect(first?.because).toContain('modules_to_not_convert');
    expect(
      quantized(createRecipe({ _default: a }), read(createRecipe({ _default: a }), { modulesToNotConvert: ['model'] })),
    ).toEqual({});
  });

  test('a name of very many components is compared as any other', () => {
    const long = `${'a.'.repeat(5_000)}o_proj`;
    const parameters = deriveParameters([weight(`${long}.weight`)]);
    expect(read(createRecipe({ o_proj: null, _default: a }), { parameters }).verdicts[0]?.entry).toBe(0);
    expect(read(createRecipe({ proj: null, _default: a }), { parameters }).verdicts[0]?.entry).toBe(1);
  });
});

test('experts of a mixture are quantized, or its router where vLLM gives it no quantization config', () => {
  const parameters = parametersOf(familyOf('qwen3_moe'));
  const recipe = createRecipe({ 're:.*mlp.*': a });
  const names = (modelType: string): readonly string[] =>
    Object.keys(quantized(recipe, read(recipe, { parameters, modelType }), parameters));
  expect(names('olmoe')).toEqual([]);
  // Qwen3's is built with one, so that a recipe for everything in the block quantizes it.
  expect(names('qwen3_moe').every((name) => name.endsWith('.mlp.gate.weight'))).toBe(true);
  expect(names('qwen3_moe').length).toBeGreaterThan(0);
});

test('a family that is not in the table is read by its own names, with a hazard', () => {
  const recipe = createRecipe({ 're:.*q_proj': a });
  const reading = read(recipe, { modelType: 'no_such_family' });
  expect(Object.keys(quantized(recipe, reading))).toEqual([
    ...named(1, 'self_attn.q_proj'),
    ...named(11, 'self_attn.q_proj'),
  ]);
  expect(reading.hazards).toContainEqual(expect.objectContaining({ id: 'names-unknown' }));
});

describe('patterns', () => {
  test('a broken one ends the load at the first module that comes to it', () => {
    const recipe = createRecipe([
      ['re:.*qkv_proj', a],
      ['re:(', b],
      ['_default', a],
    ]);
    const { failure, verdicts } = read(recipe);
    expect(failure).toMatchObject({ error: 'regex.error', at: 'model.layers.1.self_attn.o_proj', entries: [1] });
    expect(verdicts.filter(({ outcome }) => outcome === 'config')).toHaveLength(3);
  });

  test.each([
    ['re:[[:alpha:]]+', true],
    ['re:(?:q_proj){e<=1}', true],
    ['re:(?:q_proj){i}', true],
    ['re:model\\.layers\\.\\d{1,2}\\..*', false],
    ['re:\\N{DIGIT SEVEN}', false],
    ['re:[a-z:]+', false],
  ])('%s is told to mean something else in the regex module: %s', (key, differs) => {
    const hazards = read(createRecipe([[key, a]])).hazards.filter(({ id }) => id === 'regex-module');
    expect(hazards).toHaveLength(differs ? 1 : 0);
  });
});

test('a shape that torchao leaves as it is stays plain, and one that it refuses ends the load', () => {
  const parameters = deriveParameters([{ ...weight('model.layers.0.mlp.down_proj.weight'), shape: [64, 48] }]);
  expect(read(createRecipe({ _default: int4WeightOnly({ groupSize: 32 }) }), { parameters }).verdicts[0]?.outcome).toBe(
    'plain',
  );
  const refusing = intxWeightOnly({ granularity: perGroup(32) });
  expect(read(createRecipe({ _default: refusing }), { parameters }).failure).toMatchObject({
    at: 'model.layers.0.mlp.down_proj',
    entries: [0],
  });
});
