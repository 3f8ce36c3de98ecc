import { statSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { run } from '../src/program.ts';
import type { Terminal } from '../src/terminal.ts';
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

  it('shows the whole: coverage, bits, and what each config and each key gets', async () => {
    const recipe = recipeFile(scratch(), { 're:.*q_proj': INT8, lm_head: null });
    const { out } = await fewbit('explain', tinyLlama, '--recipe', recipe);
    expect(out).toMatch(
      /3 of 30 tensors quantized, 10\.3 % of 1,902,336 weights.*at 8\.16 bits each \(15\.19 over all\)/,
    );
    expect(out).toMatch(/Int8WeightOnlyConfig: int8, per row +3 +196,608/);
    expect(out).toMatch(/lm_head +1 +65,536.*leaves alone/);
  });

  it('predicts the files on request, headers included, exactly as they will be written', async () => {
    const directory = scratch();
    const recipe = recipeFile(directory, { 're:.*q_proj': INT8 });
    const finished = await fewbit('explain', tinyLlama, '--recipe', recipe, '--files', '--json');
    const out = join(directory, 'out');
    await fewbit('quantize', tinyLlama, '--recipe', recipe, '--out', out);
    const { size } = statSync(join(out, 'model.safetensors'));
    expect(json(finished)).toMatchObject({ predicted: { files: 1, byteLength: size } });
  });

  it('shows only what is asked for: by glob, by Python pattern, by state and by key', async () => {
    const recipe = recipeFile(scratch(), { 're:.*q_proj': INT8, lm_head: null });
    const names = async (...options: string[]): Promise<unknown[]> => {
      const finished = await fewbit('explain', tinyLlama, '--recipe', recipe, '--json', ...options);
      return (json(finished) as Explained).tensors.map(({ name }) => name);
    };
    const q = [0, 1, 2].map((layer) => `model.layers.${layer}.self_attn.q_proj.weight`);
    expect(await names('--only', 'quantized')).toEqual(q);
    expect(await names('--key', 'lm_head')).toEqual(['lm_head.weight']);
    expect(await names('--filter', 'model.layers.{0-1}.*.q_proj.*')).toEqual(q.slice(0, 2));
    expect(await names('--filter', 're:.*\\.2\\..*', '--only', 'quantized')).toEqual(q.slice(2));
    expect(await names('--only', 'quantized', '--sort', 'name', '--limit', '1')).toEqual(q.slice(0, 1));
  });

  it('keeps the totals of the whole beside those of a selection', async () => {
    const recipe = recipeFile(scratch(), { 're:.*q_proj': INT8 });
    const finished = await fewbit('explain', tinyLlama, '--recipe', recipe, '--json', '--filter', '*.q_proj.*');
    expect(json(finished)).toMatchObject({
      totals: { tensors: 30, quantizedTensors: 3 },
      selected: { tensors: 3, quantizedTensors: 3, coverage: 1 },
    });
  });

  it('shows one tensor in full, with every key that lost and why', async () => {
    const recipe = recipeFile(scratch(), { 're:.*q_proj': INT8, 're:.*\\.weight': null, _default: INT8 });
    const name = 'model.layers.0.self_attn.q_proj.weight';
    const { code, out } = await fewbit('explain', tinyLlama, '--recipe', recipe, '--tensor', name);
    expect(code).toBe(0);
    expect(out).toContain('re:.*\\.weight  (regular expression that matches the parameter');
    expect(out).toMatch(/lost +re:\.\*q_proj .*beats one that matches only the module's/);
    expect(out).toMatch(/lost +_default .*asked only when no other key matches/);
    const finished = await fewbit('explain', tinyLlama, '--recipe', recipe, '--tensor', 'lm_head.weight', '--json');
    expect(json(finished)).toMatchObject({
      tensors: [{ name: 'lm_head.weight', outcome: 'null-config', components: [] }],
    });
  });

  it('shows what a quantized tensor is stored as', async () => {
    const recipe = recipeFile(scratch(), { lm_head: INT8 });
    const finished = await fewbit('explain', tinyLlama, '--recipe', recipe, '--tensor', 'lm_head.weight', '--json');
    expect(json(finished)).toMatchObject({
      tensors: [
        { components: [{ name: 'zero_point' }, { name: 'qdata', dtype: 'I8', shape: [256, 256] }, { name: 'scale' }] },
      ],
    });
  });

  it.each([
    [
      'a tensor that is not there',
      ['--tensor', 'lm_heed.weight'],
      /no tensor "lm_heed\.weight".*Did you mean "lm_head\.weight"/,
    ],
    ['a key that is not there', ['--key', 'lm_heed'], /no key "lm_heed".*Did you mean "lm_head"/],
    ['a filter that is no pattern', ['--filter', 're:('], /"re:\(": the pattern cannot be used/],
    ['an order that is not there', ['--sort', 'size'], /Allowed choices are name, bytes/],
    ['a share beyond one', ['--min-coverage', '1.5'], /share from 0 to 1/],
  ])('%s ends with 2 and a sentence', async (_, options, message) => {
    const recipe = recipeFile(scratch(), { lm_head: INT8 });
    const { code, err } = await fewbit('explain', tinyLlama, '--recipe', recipe, ...options);
    expect(code).toBe(2);
    expect(err.replaceAll('\n', ' ')).toMatch(message);
  });

  it('fails with a sentence when less of the weights is quantized than asked for', async () => {
    const recipe = recipeFile(scratch(), { 're:.*q_proj': INT8 });
    const low = await fewbit('explain', tinyLlama, '--recipe', recipe, '--min-coverage', '0.9');
    expect(low.code).toBe(1);
    expect(low.err).toBe(
      'error: the recipe quantizes 10.3 % of 1,902,336 weights; --min-coverage asks for at least 90.0 %\n',
    );
    expect((await fewbit('explain', tinyLlama, '--recipe', recipe, '--min-coverage', '10%')).code).toBe(0);
  });

  it('fits the terminal, and uses colours only there', async () => {
    const recipe = recipeFile(scratch(), { 're:.*self_attn\\.[qk]_proj': INT8, 're:.*norm.*': null });
    let out = '';
    const terminal: Terminal = {
      out: (text) => (out += text),
      err: () => undefined,
      flushed: () => Promise.resolve(),
      columns: 100,
      interactive: true,
      color: true,
    };
    await run(['explain', tinyLlama, '--recipe', recipe], terminal);
    const lines = stripVTControlCharacters(out).split('\n');
    const [header = '', , ...rows] = lines.slice(0, lines.indexOf(''));
    expect(out).toContain('\u001b[32m');
    expect(Math.max(...[header, ...rows].map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(rows.some((line) => line.includes('…'))).toBe(true);
    expect((await fewbit('explain', tinyLlama, '--recipe', recipe)).out).not.toContain('\u001b');
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

describe('explain --lint', () => {
  it('says what lint says of the recipe, and fails for an error of it, so that one command is enough', async () => {
    const recipe = recipeFile(scratch(), { 'model.layers.0.self_attn.q_porj': INT8, lm_head: null });
    const args = ['explain', tinyLlama, '--recipe', recipe, '--lint'];
    const alone = json(await fewbit('lint', recipe, '--checkpoint', tinyLlama, '--json')) as Explained;
    const both = json(await fewbit(...args, '--json')) as Explained & { readonly lint: Explained };
    expect(alone.findings.length).toBeGreaterThan(0);
    expect(both.lint.findings).toEqual(alone.findings);
    expect(both.findings).toEqual([]);
    const { out, code } = await fewbit(...args);
    expect(out).toContain('key-matches-nothing');
    expect(code).toBe(1);
  });
});
