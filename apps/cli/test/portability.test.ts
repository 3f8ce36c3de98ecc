import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fewbit, json, recipeFile, scratch, tinyLlama, writeModel } from './helpers.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const INT4 = { type: 'IntxWeightOnlyConfig', weight_dtype: 'int4', granularity: { type: 'PerGroup', group_size: 32 } };
const DOWN = { 're:.*down_proj': INT8 };

interface Compared {
  readonly agree: boolean;
  readonly disagreeing: number;
  readonly dialects: readonly { readonly name: string; readonly failure: { readonly error: string } | null }[];
  readonly disagreements: readonly {
    readonly patterns: readonly string[];
    readonly tensors: readonly string[];
    readonly verdicts: Readonly<Record<string, { readonly key: string | null; readonly config: string | null } | null>>;
  }[];
}

describe('fewbit portability', () => {
  it('ends with 0 and says that all agree where they do', async () => {
    const { code, out } = await fewbit('portability', tinyLlama, '--recipe', recipeFile(scratch(), DOWN));
    expect(code).toBe(0);
    expect(out).toMatch(/all 4 dialects agree on all \d+ tensors/);
  });

  it('ends with 1 and shows the tensors of all layers as one group, with what each dialect says and why', async () => {
    const recipe = recipeFile(scratch(), { 're:.*v_proj': INT8 });
    const { code, out } = await fewbit('portability', tinyLlama, '--recipe', recipe);
    expect(code).toBe(1);
    expect(out).toMatch(/model\.layers\.\{0-2\}\.self_attn\.q_proj\.weight {2}×3/);
    expect(out).toMatch(/documented, torchao, transformers +· +no key matches/);
    expect(out).toMatch(/vllm +int8, per row +"re:\.\*v_proj": .*fused module qkv_proj/);
  });

  it('gives programs names, keys and configs by dialect', async () => {
    const recipe = recipeFile(scratch(), { lm_head: INT8 });
    const finished = await fewbit('portability', tinyLlama, '--recipe', recipe, '--json');
    expect(finished.code).toBe(1);
    const { agree, disagreeing, dialects, disagreements } = json(finished) as Compared;
    expect([agree, disagreeing]).toEqual([false, 1]);
    expect(dialects.map(({ name }) => name)).toEqual(['documented', 'torchao', 'transformers', 'vllm']);
    expect(disagreements).toHaveLength(1);
    expect(disagreements[0]).toMatchObject({ patterns: ['lm_head.weight'], tensors: ['lm_head.weight'] });
    expect(disagreements[0]?.verdicts.torchao).toMatchObject({ key: 'lm_head', config: 'Int8WeightOnlyConfig' });
    expect(disagreements[0]?.verdicts.vllm).toMatchObject({ key: null, config: null });
  });

  it('compares the dialects asked for alone, and refuses names that it does not know', async () => {
    const recipe = recipeFile(scratch(), { lm_head: INT8 });
    const run = (names: string) => fewbit('portability', tinyLlama, '--recipe', recipe, '--dialects', names);
    expect((await run('documented,torchao')).code).toBe(0);
    expect((await run('torchao, vllm')).code).toBe(1);
    const unknown = await run('torchao,sglang');
    expect(unknown.code).toBe(2);
    expect(unknown.err).toContain('expected names out of documented, torchao, transformers, vllm');
  });

  it('says which dialect’s run fails and where', async () => {
    const { code, out } = await fewbit('portability', tinyLlama, '--recipe', recipeFile(scratch(), { 're:.*': INT8 }));
    expect(code).toBe(1);
    expect(out).toMatch(/torchao .* FAILS: AssertionError/);
  });

  it('warns where sorting the keys changes what a dialect reads', async () => {
    const recipe = recipeFile(scratch(), { 're:.*o_proj': INT8, 're:.*_proj': INT4 });
    const { out } = await fewbit('portability', tinyLlama, '--recipe', recipe);
    expect(out).toMatch(/WARNING: documented, torchao.*: sorting the keys, .* changes \d+ tensors/);
  });

  it('ends with 2 for a broken recipe or a missing checkpoint', async () => {
    const broken = await fewbit('portability', tinyLlama, '--recipe', recipeFile(scratch(), { 're:(': INT8 }));
    const missing = await fewbit('portability', '/no/such/place', '--recipe', recipeFile(scratch(), DOWN));
    expect([broken.code, missing.code]).toEqual([2, 2]);
    expect(broken.err).toContain('re:(');
  });
});

describe('fewbit portability --fix', () => {
  it('writes a recipe that it then finds to be read alike', async () => {
    const directory = scratch();
    const recipe = recipeFile(directory, { 're:.*self_attn\\.[qkv]_proj\\.weight': INT8, 're:.*down_proj.*': INT4 });
    const fixed = await fewbit('portability', tinyLlama, '--recipe', recipe, '--fix');
    expect(fixed.code).toBe(0);
    expect(fixed.err).toContain('read alike by documented, torchao, transformers, vllm');
    const file = join(directory, 'fixed.json');
    writeFileSync(file, fixed.out);
    expect((await fewbit('portability', tinyLlama, '--recipe', file)).code).toBe(0);
    expect(fixed.out).toContain('"model.layers.0.self_attn.qkv_proj"');
  });

  it('writes to a file that appears whole, and not over another one unless told', async () => {
    const directory = scratch();
    const recipe = recipeFile(directory, DOWN);
    const out = join(directory, 'portable.json');
    const fix = (...more: string[]) =>
      fewbit('portability', tinyLlama, '--recipe', recipe, '--fix', '--out', out, ...more);
    expect(await fix()).toMatchObject({ code: 0, out: '' });
    const first = readFileSync(out, 'utf8');
    expect(await fix()).toMatchObject({ code: 2 });
    writeFileSync(out, 'old');
    expect(await fix('--overwrite')).toMatchObject({ code: 0 });
    expect(readFileSync(out, 'utf8')).toBe(first);
    expect(readdirSync(directory).sort()).toEqual(['portable.json', 'recipe.json']);
  });

  it('writes nothing and says which tensors and why where there is no such recipe', async () => {
    const directory = scratch();
    const recipe = recipeFile(directory, { 're:.*q_proj': INT8, 'model.embed_tokens': INT8 });
    const out = join(directory, 'portable.json');
    const refused = await fewbit('portability', tinyLlama, '--recipe', recipe, '--fix', '--out', out);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toMatch(/model\.layers\.\{0-2\}\.self_attn\.q_proj\.weight {2}×3: .*qkv_proj/);
    expect(refused.err).toMatch(/model\.embed_tokens\.weight: vllm leaves it as it is: an embedding/);
    expect(existsSync(out)).toBe(false);
    const asJson = await fewbit('portability', tinyLlama, '--recipe', recipe, '--fix', '--json');
    expect(json(asJson)).toMatchObject({ portable: null, out: null, refused: expect.any(Array) as unknown });
  });
});

describe('fewbit explain --dialect', () => {
  it('shows what transformers does to a bias, which the documented reading leaves alone', async () => {
    const directory = scratch();
    writeModel(directory, {
      'model.layers.0.fc.weight': { shape: [64, 64] },
      'model.layers.0.fc.bias': { shape: [64] },
      'model.norm.weight': { shape: [64] },
    });
    const recipe = recipeFile(directory, { 'model.layers.0.fc': INT8 });
    const configs = async (...more: string[]): Promise<unknown> => {
      const finished = await fewbit('explain', directory, '--recipe', recipe, '--json', ...more);
      const { tensors } = json(finished) as { tensors: readonly { name: string; config: string | null }[] };
      return tensors.flatMap(({ name, config }) => (config === null ? [] : [name]));
    };
    expect(await configs()).toEqual(['model.layers.0.fc.weight']);
    expect(await configs('--dialect', 'transformers')).toEqual(['model.layers.0.fc.weight', 'model.layers.0.fc.bias']);
    const shown = await fewbit('explain', directory, '--recipe', recipe, '--dialect', 'transformers');
    expect(shown.out).toContain('a quantized bias cannot be added');
  });

  it('ends with 1 and says what is raised where the dialect fails', async () => {
    const recipe = recipeFile(scratch(), { 're:.*': INT8 });
    const { code, out } = await fewbit('explain', tinyLlama, '--recipe', recipe, '--dialect', 'torchao');
    expect(code).toBe(1);
    expect(out).toMatch(/the run fails: AssertionError/);
  });

  it('refuses a name that it does not know', async () => {
    const recipe = recipeFile(scratch(), DOWN);
    expect((await fewbit('explain', tinyLlama, '--recipe', recipe, '--dialect', 'sglang')).code).toBe(2);
  });
});
