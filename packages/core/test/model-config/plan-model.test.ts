import { describe, expect, it } from 'vitest';
import {
  planModel,
  type Finding,
  type JsonObject,
  type Model,
  type Recipe,
  type StoredTensor,
} from '../../src/index.ts';
import { fakeAdapter, fakeConfig, memorySource, storedWeight } from '../plan/fakes.ts';

const config = fakeConfig(1, null);

function modelOf(names: readonly string[], modelConfig: JsonObject | null, metadata: [string, string][] = []): Model {
  let begin = 0;
  const tensors = names.map((name): StoredTensor => {
    const tensor = storedWeight(name, [4, 4], begin);
    begin = tensor.end;
    return {
      name: tensor.name,
      dtype: tensor.dtype,
      shape: tensor.shape,
      shard: 0,
      begin: tensor.begin,
      end: tensor.end,
    };
  });
  return {
    shards: [{ name: 'model.safetensors', source: memorySource(new Uint8Array(begin)) }],
    tensors,
    metadata: new Map(metadata),
    config: modelConfig,
    configText: modelConfig === null ? null : JSON.stringify(modelConfig),
  };
}

function plan(
  model: Model,
  entries: Recipe['entries'],
  untie = false,
): { config: JsonObject | null; ids: string[]; findings: readonly Finding[] } {
  const { plan: made, findings } = planModel(model, { recipe: { entries }, adapter: fakeAdapter, untie });
  const file = made.files.find(({ name }) => name === 'config.json');
  const text = file === undefined ? null : new TextDecoder().decode(file.head);
  return {
    config: text === null ? null : (JSON.parse(text) as JsonObject),
    ids: findings.map(({ id }) => id),
    findings,
  };
}

describe('planModel', () => {
  it('writes a config that tells loaders how to read the result, with the dtype where the input has none', () => {
    const { config: written, ids } = plan(modelOf(['up'], { model_type: 'llama', tie_word_embeddings: false }), [
      { key: 'up', config },
    ]);
    expect(written).toMatchObject({
      model_type: 'llama',
      dtype: 'bfloat16',
      quantization_config: { quant_method: 'torchao' },
    });
    expect(ids).toEqual([]);
  });

  it('leaves the config as it is where nothing is quantized: transformers would refuse the plain checkpoint', () => {
    const before = { model_type: 'llama', tie_word_embeddings: false };
    expect(plan(modelOf(['up'], before), []).config).toEqual(before);
  });

  it('says that nothing tells a loader when there is no config at all', () => {
    const { config: written, ids } = plan(modelOf(['up'], null), [{ key: 'up', config }]);
    expect(written).toBeNull();
    expect(ids).toContain('no-config');
  });

  it('sorts the keys where that changes nothing, and warns where the order decides', () => {
    const model = modelOf(['b.up', 'a.up'], { tie_word_embeddings: false, model_type: 'llama' });
    expect(
      plan(model, [
        { key: 'b.up', config },
        { key: 'a.up', config: null },
      ]).ids,
    ).toEqual([]);
    const overlapping = [
      { key: 're:b\\..*', config: null },
      { key: 're:.*weight', config },
    ];
    expect(plan(model, overlapping).ids).toContain('order-does-not-survive-sorting');
  });

  it('refuses a checkpoint that is quantized already, by its metadata or by its config', () => {
    const entries = [{ key: 'up', config }];
    expect(() => plan(modelOf(['up'], null, [['tensor_names', '["up.weight"]']]), entries)).toThrow(
      /quantized already/,
    );
    expect(() => plan(modelOf(['up'], { quantization_config: {} }), entries)).toThrow(/quantized already/);
  });

  it('warns that transformers leaves experts random that a file has quantized one by one', () => {
    const model = modelOf(['mlp.experts.0.up', 'mlp.experts.1.up'], {
      model_type: 'mixtral',
      tie_word_embeddings: false,
    });
    const { ids, findings } = plan(model, [{ key: 're:.*up', config }]);
    expect(ids).toEqual(['experts-not-loaded-by-transformers']);
    expect(findings[0]?.message).toMatch(/^2 tensors of single experts/);
  });

  it('writes both of a tied pair when untied, and says so in the config', () => {
    const model = modelOf(['model.embed_tokens', 'model.layers.0.mlp.up_proj'], {
      model_type: 'llama',
      tie_word_embeddings: true,
    });
    const entries = [{ key: 'model.embed_tokens', config }];
    expect(() => plan(model, entries)).toThrow(/--untie/);
    const { config: written, ids } = plan(model, entries, true);
    expect(written).toMatchObject({ tie_word_embeddings: false });
    expect(ids).toContain('untied');
  });
});
