import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fewbit, json, scratch, tinyLlama } from './helpers.ts';

const GPTQ = {
  bits: 4,
  group_size: 64,
  dynamic: { '-:.*\\.1\\.mlp\\..*': {}, '+:.*\\.0\\..*': { bits: 8, group_size: -1 } },
};

function file(content: unknown): string {
  const path = join(scratch(), 'foreign.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('fewbit convert-recipe', () => {
  it('prints a recipe that explain takes, checked on every tensor of the checkpoint', async () => {
    const out = join(scratch(), 'recipe.json');
    const done = await fewbit(
      'convert-recipe',
      '--from',
      'gptqmodel',
      '--to',
      'fqn',
      file(GPTQ),
      '--checkpoint',
      tinyLlama,
      '--out',
      out,
    );
    expect(done.code).toBe(0);
    expect(done.out).toBe('');
    expect(done.err).toMatch(/checked on \d+ tensors, \d+ of them quantized: 0 differ/);
    const explained = await fewbit('explain', tinyLlama, '--recipe', out, '--json');
    expect(explained.code).toBe(0);
    const { tensors } = json(explained) as { tensors: readonly { name: string; config: string | null }[] };
    const config = (name: string): string | null | undefined => tensors.find((tensor) => tensor.name === name)?.config;
    expect(config('model.layers.0.mlp.up_proj.weight')).toBe('Int8WeightOnlyConfig');
    expect(config('model.layers.1.mlp.up_proj.weight')).toBeNull();
    expect(config('model.layers.1.self_attn.q_proj.weight')).toBe('IntxWeightOnlyConfig');
    expect(config('model.layers.0.input_layernorm.weight')).toBeNull();
    expect(config('lm_head.weight')).toBeNull();
  });

  it('writes the recipe to standard output and the report beside it', async () => {
    const done = await fewbit('convert-recipe', '--from', 'gptqmodel', '--to', 'modelopt', file(GPTQ));
    expect(done.code).toBe(0);
    expect(JSON.parse(done.out)).toHaveProperty('quant_cfg');
    expect(done.err).toContain('LOSS: GPTQ rounds with calibration data');
    expect(done.err).toContain('not checked on any model');
  });

  it('has all of it as JSON', async () => {
    const done = await fewbit(
      'convert-recipe',
      '--from',
      'gptqmodel',
      '--to',
      'fqn',
      file(GPTQ),
      '--checkpoint',
      tinyLlama,
      '--json',
    );
    const { recipe, entries, ...rest } = json(done) as {
      readonly recipe: string;
      readonly entries: readonly unknown[];
    };
    expect(recipe).toContain('"FqnToConfig"');
    expect(entries[1]).toEqual({
      origin: { entry: 'dynamic "-:.*\\\\.1\\\\.mlp\\\\..*"', position: { line: 1, column: 38 } },
      outcome: 'carried',
      becomes: 'not quantized',
    });
    expect(rest).toMatchObject({
      from: 'gptqmodel',
      to: 'fqn',
      out: null,
      findings: [{ id: 'calibrated-rounding', severity: 'loss', origin: null }],
      checked: { differing: 0 },
    });
  });

  it('--strict writes nothing and fails when anything is lost', async () => {
    const out = join(scratch(), 'recipe.json');
    const done = await fewbit(
      'convert-recipe',
      '--from',
      'gptqmodel',
      '--to',
      'fqn',
      file(GPTQ),
      '--out',
      out,
      '--strict',
    );
    expect(done.code).toBe(1);
    expect(existsSync(out)).toBe(false);
    const kept = await fewbit(
      'convert-recipe',
      '--from',
      'fqn',
      '--to',
      'fqn',
      file({ lm_head: null }),
      '--out',
      out,
      '--strict',
    );
    expect(kept.code).toBe(0);
    expect(readFileSync(out, 'utf8')).toContain('"lm_head": null');
    const again = await fewbit('convert-recipe', '--from', 'fqn', '--to', 'fqn', file({}), '--out', out);
    expect(again.code).toBe(2);
    expect(again.err).toContain('--overwrite');
  });

  it('a broken recipe, an unknown format and a missing file are bad input', async () => {
    const broken = await fewbit(
      'convert-recipe',
      '--from',
      'gptqmodel',
      '--to',
      'fqn',
      file({ dynamic: { '(': {} } }),
      '--json',
    );
    expect(broken.code).toBe(2);
    expect(json(broken)).toMatchObject({
      error: { code: 'FEWBIT_RECIPE_INVALID', problems: [{ position: { line: 1, column: 13 } }] },
    });
    expect((await fewbit('convert-recipe', '--from', 'awq', '--to', 'fqn', file({}))).code).toBe(2);
    expect((await fewbit('convert-recipe', '--from', 'fqn', '--to', 'fqn', '/nowhere.json')).code).toBe(2);
  });
});
