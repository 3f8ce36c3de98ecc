import { describe, expect, it } from 'vitest';
import { fewbit, json, recipeFile, scratch, tinyLlama, writeModel } from './helpers.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };

interface Explained {
  readonly tensors: readonly Record<string, unknown>[];
  readonly findings: readonly { readonly id: string; readonly key?: string }[];
}

describe('fewbit explain', () => {
  it('gives programs the documented fields for every tensor', async () => {
    const recipe = recipeFile(scratch(), { 're:.*q_proj': INT8, lm_head: null });
    const finished = await fewbit('explain', tinyLlama, '--recipe', recipe, '--json');
    expect(finished.code).toBe(0);
    const { tensors } = json(finished) as Explained;
    const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    expect(byName.get('model.layers.0.self_attn.q_proj.weight')).toMatchObject({
      dtype: 'BF16',
      module: 'model.layers.0.self_attn.q_proj',
      kind: 'linear',
      tier: 'module-regex',
      key: 're:.*q_proj',
      config: 'Int8WeightOnlyConfig',
      tensorClass: 'Int8Tensor',
    });
    expect(byName.get('lm_head.weight')).toMatchObject({ tier: 'module', key: 'lm_head', config: null });
    expect(byName.get('model.norm.weight')).toMatchObject({ kind: 'norm', tier: 'none', key: null, config: null });
  });

  it('groups layers for people, and says loudly which key matched nothing', async () => {
    const recipe = recipeFile(scratch(), { 're:.*q_proj': INT8, 'lm_heed.weight': INT8 });
    const { code, out } = await fewbit('explain', tinyLlama, '--recipe', recipe);
    expect(code).toBe(0);
    expect(out).toMatch(/model\.layers\.\{0-\d\}\.self_attn\.q_proj\.weight/);
    expect(out).toMatch(/WARNING: key "lm_heed\.weight" matches nothing.*did you mean "lm_head\.weight"/);
  });

  it('ends with 2 and shows the tensor when a config cannot take it', async () => {
    const directory = scratch();
    writeModel(directory, { 'up.weight': { shape: [4, 30] } });
    const recipe = recipeFile(directory, {
      up: { type: 'IntxWeightOnlyConfig', weight_dtype: 'int4', granularity: { type: 'PerGroup', group_size: 32 } },
    });
    const { code, out } = await fewbit('explain', directory, '--recipe', recipe);
    expect(code).toBe(2);
    expect(out).toContain('REFUSED');
  });

  it('prints names from a checkpoint so that they cannot move the cursor', async () => {
    const directory = scratch();
    writeModel(directory, { 'evil\u001b[2J.weight': { shape: [4, 4] } });
    const { out } = await fewbit('explain', directory, '--recipe', recipeFile(directory, {}));
    expect(out).not.toContain('\u001b');
    expect(out).toContain('evil\\u{1b}[2J.weight');
  });
});

describe('bad input to fewbit', () => {
  it.each([
    ['a recipe that is not JSON', '{"a": ', /recipe/i],
    ['an unknown config type', { a: { type: 'Int9WeightOnlyConfig' } }, /Int9WeightOnlyConfig/],
    ['a broken pattern', { 're:(': INT8 }, /unterminated subpattern|missing \)/],
  ])('%s ends with 2 and says where', async (_, recipe, message) => {
    const { code, err } = await fewbit('explain', tinyLlama, '--recipe', recipeFile(scratch(), recipe));
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(err).not.toContain('internal error');
  });

  it('a checkpoint that is not there ends with 2, as an error for programs too', async () => {
    const finished = await fewbit('explain', '/nowhere/model', '--recipe', recipeFile(scratch(), {}), '--json');
    expect(finished.code).toBe(2);
    expect(json(finished)).toMatchObject({ error: { code: 'FEWBIT_READ_FAILED' } });
  });

  it('an unknown option or a missing argument ends with 2', async () => {
    expect((await fewbit('explain', tinyLlama, '--recipee', 'x')).code).toBe(2);
    expect((await fewbit('quantize', tinyLlama)).code).toBe(2);
  });

  it('help and version end with 0', async () => {
    expect((await fewbit('--help')).code).toBe(0);
    expect((await fewbit('--version')).code).toBe(0);
  });
});
