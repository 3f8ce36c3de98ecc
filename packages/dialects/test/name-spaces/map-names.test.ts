import { describe, expect, test } from 'vitest';
import { createNameSpaceTable, defaultNameSpaceTable, mapNames, type NameSpaceLayer } from '../../src/index.ts';
import { FAMILIES, familyOf } from '../helpers/families.ts';

/** Families whose conversion is more than names side by side; they are unknown rather than wrong. */
const UNKNOWN = ['csm', 'mask2former', 'rf_detr', 'rt_detr', 'step3p7'];

describe('names in memory of transformers', () => {
  test.each(FAMILIES.filter(({ modelType }) => !UNKNOWN.includes(modelType)))(
    'a recipe for $modelType is read with the names that the model has in memory',
    ({ modelType, tensors, inMemory }) => {
      const mapped = mapNames(tensors, 'transformers', modelType);
      expect(mapped.note).toBeNull();
      const names = new Set(mapped.names);
      const wanted = new Set(inMemory);
      expect([...names].filter((name) => !wanted.has(name))).toEqual([]);
      // A tied head is in memory only.
      const missing = [...wanted].filter((name) => !names.has(name) && !/^(?:lm_head|proj_out)\.weight$/.test(name));
      expect(missing).toEqual([]);
    },
  );

  test.each(UNKNOWN)('%s, whose names we do not know, is said to be unknown', (modelType) => {
    const { tensors } = familyOf(modelType);
    const mapped = mapNames(tensors, 'transformers', modelType);
    expect(mapped.names).toEqual(tensors.map(({ name }) => name));
    expect(mapped.note).toContain(modelType);
  });

  test('the experts of a layer are one tensor made of all of them', () => {
    const { tensors } = familyOf('qwen3_moe');
    const { groups, names } = mapNames(tensors, 'transformers', 'qwen3_moe');
    const stack = groups.find(({ name }) => name === 'model.layers.0.mlp.experts.gate_up_proj');
    expect(stack?.members.map((index) => tensors[index]?.name)).toEqual(
      tensors
        .map(({ name }) => name)
        .filter((name) => /^model\.layers\.0\.mlp\.experts\.\d+\.(?:gate|up)_proj/.test(name)),
    );
    for (const { name, members } of groups) for (const index of members) expect(names[index]).toBe(name);
  });

  test('a checkpoint that has the new names already keeps them', () => {
    const names = ['model.language_model.layers.0.self_attn.q_proj.weight', 'model.visual.blocks.0.attn.qkv.weight'];
    expect(
      mapNames(
        names.map((name) => ({ name })),
        'transformers',
        'qwen2_vl',
      ).names,
    ).toEqual(names);
  });
});

describe('names in vLLM', () => {
  const named = (modelType: string, ...names: string[]): readonly string[] =>
    mapNames(
      names.map((name) => ({ name })),
      'vllm',
      modelType,
    ).names;
  const layer = 'model.layers.3';

  test('q, k and v are one projection, gate and up another, biases included', () => {
    expect(
      named(
        'qwen2',
        ...['q', 'k', 'v'].map((part) => `${layer}.self_attn.${part}_proj.weight`),
        ...['q', 'k', 'v'].map((part) => `${layer}.self_attn.${part}_proj.bias`),
        `${layer}.self_attn.o_proj.weight`,
        `${layer}.mlp.gate_proj.weight`,
        `${layer}.mlp.up_proj.weight`,
        `${layer}.mlp.down_proj.weight`,
      ),
    ).toEqual([
      ...Array<string>(3).fill(`${layer}.self_attn.qkv_proj.weight`),
      ...Array<string>(3).fill(`${layer}.self_attn.qkv_proj.bias`),
      `${layer}.self_attn.o_proj.weight`,
      `${layer}.mlp.gate_up_proj.weight`,
      `${layer}.mlp.gate_up_proj.weight`,
      `${layer}.mlp.down_proj.weight`,
    ]);
  });

  test('whisper, whose k_proj has no bias, has its q and v biases in the fused one', () => {
    const attention = 'model.encoder.layers.0.self_attn';
    expect(
      named(
        'whisper',
        ...['q_proj.weight', 'q_proj.bias', 'k_proj.weight', 'v_proj.weight', 'v_proj.bias'].map(
          (end) => `${attention}.${end}`,
        ),
      ),
    ).toEqual(['weight', 'bias', 'weight', 'weight', 'bias'].map((end) => `${attention}.qkv_proj.${end}`));
  });

  test('experts are stacked and are no gate_up_proj', () => {
    const experts = `${layer}.mlp.experts`;
    expect(
      named(
        'qwen3_moe',
        `${experts}.0.gate_proj.weight`,
        `${experts}.0.up_proj.weight`,
        `${experts}.0.down_proj.weight`,
      ),
    ).toEqual([`${experts}.w13_weight`, `${experts}.w13_weight`, `${experts}.w2_weight`]);
  });

  test('parts are fused only where all of them are there', () => {
    const attention = `${layer}.self_attn`;
    expect(named('deepseek_v3', `${attention}.kv_a_proj_with_mqa.weight`)).toEqual([
      `${attention}.kv_a_proj_with_mqa.weight`,
    ]);
    expect(named('deepseek_v3', `${attention}.q_a_proj.weight`, `${attention}.kv_a_proj_with_mqa.weight`)).toEqual(
      Array<string>(2).fill(`${attention}.fused_qkv_a_proj.weight`),
    );
  });

  test.each([
    ['gemma3', 'language_model.model.layers.0.mlp.down_proj.weight'],
    ['gemma3', 'model.language_model.layers.0.mlp.down_proj.weight'],
    ['qwen2_vl', 'model.layers.0.mlp.down_proj.weight'],
    ['qwen2_vl', 'model.language_model.layers.0.mlp.down_proj.weight'],
  ])('%s stored as %s is one language model to vLLM', (modelType, name) => {
    expect(named(modelType, name)).toEqual(['language_model.model.layers.0.mlp.down_proj.weight']);
  });

  test('gpt_oss has its attention under another name', () => {
    expect(named('gpt_oss', ...['q', 'k', 'v'].map((part) => `${layer}.self_attn.${part}_proj.weight`))).toEqual(
      Array<string>(3).fill(`${layer}.attn.qkv_proj.weight`),
    );
  });
});

test('a name like __proto__ as model type is an unknown family and nothing else', () => {
  for (const modelType of ['__proto__', 'constructor', '']) {
    expect(mapNames([{ name: 'a.weight' }], 'vllm', modelType)).toMatchObject({ names: ['a.weight'], groups: [] });
    expect(mapNames([{ name: 'a.weight' }], 'vllm', modelType).note).not.toBeNull();
  }
});

describe('a table of one’s own', () => {
  test('it wins over ours and is asked for no family that it lacks', () => {
    const rules = [
      { from: ['attn.q', 'attn.k'], to: 'attn.qk' },
      { from: ['blocks.*.mlp'], to: 'stages.*.ffn' },
    ];
    const table = createNameSpaceTable({ families: { llama: { vllm: { rules } } } }, defaultNameSpaceTable);
    const tensors = ['blocks.7.mlp.weight', 'blocks.7.attn.q.weight', 'blocks.7.attn.k.weight'].map((name) => ({
      name,
    }));
    expect(mapNames(tensors, 'vllm', 'llama', table).names).toEqual([
      'stages.7.ffn.weight',
      'blocks.7.attn.qk.weight',
      'blocks.7.attn.qk.weight',
    ]);
    expect(mapNames(tensors, 'transformers', 'llama', table).note).toBeNull();
    expect(mapNames(tensors, 'vllm', 'qwen2', table).note).toBeNull();
  });

  test.each<[string, unknown]>([
    ['no families', {}],
    ['an unknown space', { families: { llama: { sglang: {} } } }],
    ['an unknown member', { families: { llama: { vllm: { rule: [] } } } }],
    ['a rule without a target', { families: { llama: { vllm: { rules: [{ from: ['a'] }] } } } }],
    ['an empty component', { families: { llama: { vllm: { rules: [{ from: ['a..b'], to: 'c' }] } } } }],
    ['nothing to replace', { families: { llama: { vllm: { rules: [{ from: [], to: 'c' }] } } } }],
    ['a star out of nowhere', { families: { llama: { vllm: { rules: [{ from: ['a'], to: 'c.*' }] } } } }],
    ['a list for an object', { families: [] }],
  ])('%s is refused at the door', (_, layer) => {
    expect(() => createNameSpaceTable(layer as NameSpaceLayer)).toThrow(
      expect.objectContaining({ code: 'FEWBIT_REGISTRY_INVALID' }),
    );
  });
});
