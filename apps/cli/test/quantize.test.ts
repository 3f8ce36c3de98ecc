import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fewbit, filesIn, json, recipeFile, scratch, tinyLlama, writeModel } from './helpers.ts';

const INT8 = { type: 'Int8WeightOnlyConfig' };
const TENSOR = { type: 'Int8WeightOnlyConfig', granularity: 'PerTensor' };

interface Verified {
  readonly totals: { readonly quantizedTensors: number; readonly sqnrDb: number; readonly problems: number };
  readonly tensors: readonly {
    readonly name: string;
    readonly sqnrDb: number | null;
    readonly problem: string | null;
  }[];
}

describe('fewbit quantize', () => {
  it('writes what from_pretrained needs: weights, config with the recipe, tokenizer and other side files', async () => {
    const directory = scratch();
    const out = join(directory, 'out');
    const recipe = recipeFile(directory, { 're:.*_proj': INT8 });
    expect(await fewbit('quantize', tinyLlama, '--recipe', recipe, '--out', out)).toMatchObject({ code: 0 });
    const names = readdirSync(out);
    for (const name of readdirSync(tinyLlama)) if (!name.includes('safetensors')) expect(names).toContain(name);
    const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')) as { quantization_config: unknown };
    expect(config.quantization_config).toMatchObject({
      quant_method: 'torchao',
      quant_type: { default: { _type: 'FqnToConfig' } },
    });
  }, 60_000);

  it('writes the same bytes with one worker and with three, per row and per tensor', async () => {
    const directory = scratch();
    const recipe = recipeFile(directory, { 're:.*q_proj': TENSOR, 're:.*up_proj': INT8 });
    for (const workers of ['1', '3']) {
      const out = join(directory, workers);
      const { code } = await fewbit('quantize', tinyLlama, '--recipe', recipe, '--out', out, '--workers', workers);
      expect(code).toBe(0);
    }
    expect(filesIn(join(directory, '3'))).toEqual(filesIn(join(directory, '1')));
  }, 60_000);

  it('splits the output by --max-shard-size and writes an index that leads to every tensor', async () => {
    const directory = scratch();
    const out = join(directory, 'out');
    const recipe = recipeFile(directory, { 're:.*_proj': INT8 });
    await fewbit('quantize', tinyLlama, '--recipe', recipe, '--out', out, '--max-shard-size', '500KB');
    const index = JSON.parse(readFileSync(join(out, 'model.safetensors.index.json'), 'utf8')) as {
      weight_map: Record<string, string>;
    };
    expect(new Set(Object.values(index.weight_map)).size).toBeGreaterThan(2);
    const verified = json(await fewbit('verify', out, '--original', tinyLlama, '--json')) as Verified;
    expect(verified.totals).toMatchObject({ problems: 0 });
    expect(verified.totals.sqnrDb).toBeGreaterThan(35);
  }, 60_000);

  it('copies everything, config included, when the recipe quantizes nothing', async () => {
    const directory = scratch();
    const out = join(directory, 'out');
    const { code, out: text } = await fewbit(
      'quantize',
      tinyLlama,
      '--recipe',
      recipeFile(directory, {}),
      '--out',
      out,
    );
    expect(code).toBe(0);
    expect(text).toMatch(/WARNING/);
    expect(readFileSync(join(out, 'config.json'))).toEqual(readFileSync(join(tinyLlama, 'config.json')));
  }, 60_000);

  it('refuses to write over a directory unless told to, and then replaces it', async () => {
    const directory = scratch();
    const out = join(directory, 'out');
    const recipe = recipeFile(directory, { lm_head: INT8 });
    await fewbit('quantize', tinyLlama, '--recipe', recipe, '--out', out);
    writeFileSync(join(out, 'mine.txt'), 'mine');
    const refused = await fewbit('quantize', tinyLlama, '--recipe', recipe, '--out', out);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.err).toMatch(/--overwrite/);
    expect(existsSync(join(out, 'mine.txt'))).toBe(true);
    expect(await fewbit('quantize', tinyLlama, '--recipe', recipe, '--out', out, '--overwrite')).toMatchObject({
      code: 0,
    });
    expect(existsSync(join(out, 'mine.txt'))).toBe(false);
  }, 60_000);

  it('writes nothing with --dry-run, and tells files and sizes', async () => {
    const directory = scratch();
    const out = join(directory, 'out');
    const recipe = recipeFile(directory, { lm_head: INT8 });
    const { code, out: text } = await fewbit('quantize', tinyLlama, '--recipe', recipe, '--out', out, '--dry-run');
    expect(code).toBe(0);
    expect(text).toMatch(/would write.*\n.*model\.safetensors/);
    expect(existsSync(out)).toBe(false);
  });

  it('lists all tensors that cannot take their config, and leaves no directory behind', async () => {
    const directory = scratch();
    writeModel(directory, { 'a.weight': { shape: [4, 30] }, 'b.weight': { shape: [4, 31] } });
    const recipe = recipeFile(directory, {
      're:.': { type: 'IntxWeightOnlyConfig', granularity: { type: 'PerGroup', group_size: 32 } },
    });
    const finished = await fewbit('quantize', directory, '--recipe', recipe, '--out', join(directory, 'out'), '--json');
    expect(finished.code).toBe(2);
    expect(json(finished)).toMatchObject({
      error: { code: 'FEWBIT_PLAN_REFUSED', problems: [{ tensor: 'a.weight' }, { tensor: 'b.weight' }] },
    });
    expect(readdirSync(directory).filter((name) => name.includes('out'))).toEqual([]);
  });

  it('refuses a tied model whose embeddings would be quantized, and writes it untied when told to', async () => {
    const directory = scratch();
    writeModel(
      directory,
      { 'model.embed_tokens.weight': { shape: [8, 32] }, 'model.norm.weight': { shape: [32] } },
      { tie_word_embeddings: true },
    );
    const recipe = recipeFile(directory, { 'model.embed_tokens': INT8 });
    const out = join(directory, 'out');
    const refused = await fewbit('quantize', directory, '--recipe', recipe, '--out', out);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.err).toMatch(/--untie/);
    expect(await fewbit('quantize', directory, '--recipe', recipe, '--out', out, '--untie')).toMatchObject({ code: 0 });
    const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')) as { tie_word_embeddings: boolean };
    expect(config.tie_word_embeddings).toBe(false);
    const { tensors } = json(await fewbit('inspect', out, '--json')) as {
      tensors: { name: string; tensorClass: string | null }[];
    };
    expect(tensors).toMatchObject([
      { name: 'model.embed_tokens.weight', tensorClass: 'Int8Tensor' },
      {},
      { name: 'lm_head.weight', tensorClass: null },
    ]);
  }, 60_000);

  it('refuses a checkpoint that is quantized already', async () => {
    const directory = scratch();
    const recipe = recipeFile(directory, { lm_head: INT8 });
    await fewbit('quantize', tinyLlama, '--recipe', recipe, '--out', join(directory, 'once'));
    const again = await fewbit(
      'quantize',
      join(directory, 'once'),
      '--recipe',
      recipe,
      '--out',
      join(directory, 'twice'),
    );
    expect(again).toMatchObject({ code: 2 });
    expect(again.err).toMatch(/quantized already/);
  }, 60_000);

  it('names the backends there are when asked for another', async () => {
    const directory = scratch();
    const recipe = recipeFile(directory, { lm_head: INT8 });
    const { code, err } = await fewbit(
      'quantize',
      tinyLlama,
      '--recipe',
      recipe,
      '--out',
      join(directory, 'out'),
      '--backend',
      'abacus',
    );
    expect(code).toBe(1);
    expect(err).toMatch(/"abacus" is unknown; expected auto, wasm, reference/);
  });
});

describe('fewbit verify', () => {
  it('finds a plain tensor whose bytes were changed after the fact', async () => {
    const directory = scratch();
    writeModel(directory, { 'a.weight': { shape: [4, 32] }, 'norm.weight': { shape: [32] } });
    const out = join(directory, 'out');
    await fewbit('quantize', directory, '--recipe', recipeFile(directory, {}), '--out', out);
    expect(await fewbit('verify', out, '--original', directory)).toMatchObject({ code: 0 });
    const file = join(out, 'model.safetensors');
    const bytes = readFileSync(file);
    bytes.fill(0x77, bytes.length - 4);
    writeFileSync(file, bytes);
    const { code, out: text } = await fewbit('verify', out, '--original', directory);
    expect(code).toBe(1);
    expect(text).toMatch(/PROBLEM: (?:a|norm)\.weight: it is plain, and not the same as the original/);
  }, 60_000);

  it('shows a quantized tensor that was damaged as a large error', async () => {
    const directory = scratch();
    writeModel(directory, { 'a.weight': { shape: [4, 32] } });
    const out = join(directory, 'out');
    await fewbit('quantize', directory, '--recipe', recipeFile(directory, { a: INT8 }), '--out', out);
    const before = json(await fewbit('verify', out, '--original', directory, '--json')) as Verified;
    const file = join(out, 'model.safetensors');
    const bytes = readFileSync(file);
    bytes.fill(0x00, bytes.length - 100);
    writeFileSync(file, bytes);
    const after = json(await fewbit('verify', out, '--original', directory, '--json')) as Verified;
    expect(before.totals.sqnrDb).toBeGreaterThan(30);
    expect(after.totals.sqnrDb).toBeLessThan(10);
  }, 60_000);

  it('fails when the original has tensors that the quantized checkpoint lacks', async () => {
    const directory = scratch();
    writeModel(directory, { 'a.weight': { shape: [4, 32] } });
    const out = join(directory, 'out');
    await fewbit('quantize', directory, '--recipe', recipeFile(directory, { a: INT8 }), '--out', out);
    const other = scratch();
    writeModel(other, { 'a.weight': { shape: [4, 32] }, 'b.weight': { shape: [4, 4] } });
    const { code, out: text } = await fewbit('verify', out, '--original', other);
    expect(code).toBe(1);
    expect(text).toContain('PROBLEM: b.weight of the original is missing');
  }, 60_000);
});
