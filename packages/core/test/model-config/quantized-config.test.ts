import { describe, expect, it } from 'vitest';
import { createRegistry, formatQuantizedConfig, parseRecipe, type JsonObject, type Recipe } from '../../src/index.ts';
import { fakeConfig } from '../plan/fakes.ts';

const config = fakeConfig(1, null);
const recipe: Recipe = {
  entries: [
    { key: 'b', config },
    { key: '0', config: null },
  ],
};
const nothing = { recipe: null, weightDtype: null, tieWordEmbeddings: null };

function parsed(text: string): JsonObject {
  return JSON.parse(text) as JsonObject;
}

describe('formatQuantizedConfig', () => {
  it('writes the recipe under both names, where transformers and vLLM each look for it', () => {
    const text = formatQuantizedConfig({ model_type: 'llama' }, { ...nothing, recipe });
    expect(parsed(text)).toMatchObject({
      model_type: 'llama',
      quantization_config: {
        quant_method: 'torchao',
        quant_type: {
          default: { _type: 'FqnToConfig', _data: { fqn_to_config: { 0: null }, module_fqn_to_config: { 0: null } } },
        },
      },
    });
  });

  it('keeps the order of keys that a JavaScript object would move', () => {
    const text = formatQuantizedConfig({}, { ...nothing, recipe });
    const registry = createRegistry({
      configs: [{ type: 'FakeConfig', versions: [1], tensorClasses: [], parse: () => config }],
    });
    expect(parseRecipe(text, registry).recipe.entries.map(({ key }) => key)).toEqual(['b', '0']);
  });

  it('is not misled by a model config that holds the text of its own placeholder', () => {
    const hostile = { name: '@fewbit/recipe', quantization_config: { quant_method: 'awq' } };
    const value = parsed(formatQuantizedConfig(hostile, { ...nothing, recipe }));
    expect(value).toMatchObject({ name: '@fewbit/recipe', quantization_config: { quant_method: 'torchao' } });
  });

  it('adds a dtype where there is none, since a loader would otherwise take the scale’s', () => {
    expect(parsed(formatQuantizedConfig({}, { ...nothing, weightDtype: 'BF16' })).dtype).toBe('bfloat16');
    const kept = parsed(formatQuantizedConfig({ torch_dtype: 'float16' }, { ...nothing, weightDtype: 'BF16' }));
    expect(kept).toEqual({ torch_dtype: 'float16' });
  });

  it('says whether embeddings are tied only when that changed', () => {
    expect(
      parsed(formatQuantizedConfig({ tie_word_embeddings: true }, { ...nothing, tieWordEmbeddings: false })),
    ).toEqual({
      tie_word_embeddings: false,
    });
    expect(parsed(formatQuantizedConfig({ tie_word_embeddings: true }, nothing))).toEqual({
      tie_word_embeddings: true,
    });
  });
});
