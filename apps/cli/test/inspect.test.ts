import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fewbit, json, recipeFile, scratch, tinyLlama, writeModel } from './helpers.ts';
import { serveRanges } from './range-server.ts';

interface Inspected {
  readonly formats: readonly string[];
  readonly totals: Readonly<Record<string, unknown>>;
  readonly findings: readonly { readonly id: string; readonly severity: string }[];
  readonly loading: readonly { readonly consumer: string; readonly verdict: string }[];
  readonly tensors: readonly (Readonly<Record<string, unknown>> & { readonly name: string })[];
}

const LAYER = 'model.layers.0.mlp.up_proj';
const GPTQ = {
  [`${LAYER}.qweight`]: { dtype: 'I32', shape: [16, 64] },
  [`${LAYER}.qzeros`]: { dtype: 'I32', shape: [4, 8] },
  [`${LAYER}.scales`]: { dtype: 'F16', shape: [4, 64] },
  'model.norm.weight': { dtype: 'F16', shape: [64] },
};
const GPTQ_CONFIG = { quantization_config: { quant_method: 'gptq', bits: 4, group_size: 32, sym: true } };

describe('fewbit inspect', () => {
  it('counts the parameters of a quantized model, not its codes and scales', async () => {
    const finished = await fewbit('inspect', writeModel(scratch(), GPTQ, GPTQ_CONFIG), '--json');
    expect(finished.code).toBe(0);
    const { totals, formats, tensors } = json(finished) as Inspected;
    expect(formats).toEqual(['gptq']);
    expect(totals).toMatchObject({ parameters: 64 * 128 + 64, quantizedParameters: 64 * 128, quantizedTensors: 1 });
    expect(tensors[0]).toMatchObject({
      name: `${LAYER}.weight`,
      shape: [64, 128],
      kind: 'linear',
      tensorClass: null,
      scheme: { format: 'gptq', bits: 4, groupSize: 32, symmetric: true, words: 'int4, groups of 32, symmetric' },
      components: [
        {
          role: 'qweight',
          name: `${LAYER}.qweight`,
          dtype: 'I32',
          shape: [16, 64],
          bytes: 4096,
          shard: 'model.safetensors',
        },
        { role: 'qzeros' },
        { role: 'scales' },
      ],
    });
  });

  it('shows people schemes, totals and who can load it', async () => {
    const { code, out } = await fewbit('inspect', writeModel(scratch(), GPTQ, GPTQ_CONFIG));
    expect(code).toBe(0);
    expect(out).toMatch(/mlp\.up_proj\.weight +linear +gptq int4, groups of 32, symmetric/);
    expect(out).toMatch(/8,256 parameters, \d+\.\d\d bits per weight/);
    expect(out).toMatch(/transformers: nothing found that would stop it \(needs optimum and gptqmodel\)/);
  });

  it('ends with 1 and says so loudly when something stops loading', async () => {
    const broken = Object.fromEntries(Object.entries(GPTQ).filter(([name]) => !name.endsWith('.scales')));
    const { code, out } = await fewbit('inspect', writeModel(scratch(), broken, GPTQ_CONFIG));
    expect(code).toBe(1);
    expect(out).toMatch(/ERROR: "model\.layers\.0\.mlp\.up_proj\.weight": "scales" is missing/);
    expect(out).toMatch(/transformers: does not load it rightly/);
  });

  it('describes a broken torchao checkpoint instead of refusing it', async () => {
    const directory = scratch();
    const recipe = recipeFile(directory, { 're:.*q_proj': { type: 'Int8WeightOnlyConfig' } });
    const out = join(directory, 'out');
    await fewbit('quantize', tinyLlama, '--recipe', recipe, '--out', out);
    const whole = await fewbit('inspect', out, '--json');
    expect(whole.code).toBe(0);
    expect((json(whole) as Inspected).findings).toEqual([]);
    const file = join(out, 'model.safetensors');
    const bytes = readFileSync(file).toString('latin1');
    // The same length, so that offsets hold: a scale under a name that nothing knows.
    writeFileSync(file, bytes.replace('q_proj._weight_scale', 'q_proj._weight_scull'), 'latin1');
    const broken = await fewbit('inspect', out, '--json');
    expect(broken.code).toBe(1);
    const { findings, loading } = json(broken) as Inspected;
    expect(findings.map(({ id }) => id)).toContain('missing-component');
    expect(loading).toMatchObject([
      { consumer: 'torchao', verdict: 'no' },
      { consumer: 'transformers', verdict: 'no' },
    ]);
  }, 60_000);

  it('gives a plain checkpoint its plain tensors', async () => {
    const finished = await fewbit('inspect', tinyLlama, '--json');
    expect(finished.code).toBe(0);
    const { totals, tensors, formats, loading } = json(finished) as Inspected;
    expect(formats).toEqual([]);
    expect(totals).toMatchObject({ quantizedTensors: 0, bitsPerWeight: 16 });
    expect(tensors.every(({ scheme }) => scheme === null)).toBe(true);
    expect(loading).toMatchObject([{ consumer: 'transformers', verdict: 'nothing-found' }]);
  });

  it('ends with 2 for what is no checkpoint', async () => {
    const directory = scratch();
    writeFileSync(join(directory, 'model.safetensors'), 'no header at all');
    expect(await fewbit('inspect', directory)).toMatchObject({ code: 2 });
  });
});

describe('fewbit inspect of a URL', () => {
  it('asks for the header and the config, and for no weight', async () => {
    const folder = scratch();
    // Six megabytes of codes.
    writeModel(
      folder,
      {
        ...GPTQ,
        [`${LAYER}.qweight`]: { dtype: 'I32', shape: [512, 3072] },
        [`${LAYER}.qzeros`]: { dtype: 'I32', shape: [128, 384] },
        [`${LAYER}.scales`]: { dtype: 'F16', shape: [128, 3072] },
      },
      GPTQ_CONFIG,
    );
    const { url, requests, served } = await serveRanges(folder);
    const finished = await fewbit('inspect', url, '--json');
    expect(finished.code).toBe(0);
    expect((json(finished) as Inspected).totals).toMatchObject({ quantizedParameters: 4096 * 3072 });
    expect(requests.filter((request) => request.includes('model.safetensors')).length).toBeLessThanOrEqual(3);
    expect(requests.length).toBeLessThanOrEqual(6);
    expect(served()).toBeLessThan(300_000);
  });

  it('reads one quant_state for all layers that are alike', async () => {
    const folder = scratch();
    const layers = Array.from({ length: 40 }, (_, layer) => `model.layers.${layer}.mlp.up_proj.weight`);
    const state = { dtype: 'U8', shape: [80] };
    writeModel(
      folder,
      Object.fromEntries(
        layers.flatMap((name) => [
          [name, { dtype: 'U8', shape: [1024, 1] }],
          [`${name}.absmax`, { dtype: 'F32', shape: [32] }],
          [`${name}.quant_map`, { dtype: 'F32', shape: [16] }],
          [`${name}.quant_state.bitsandbytes__nf4`, state],
        ]),
      ),
      { quantization_config: { quant_method: 'bitsandbytes', load_in_4bit: true } },
    );
    const { url, requests } = await serveRanges(folder);
    const finished = await fewbit('inspect', url, '--json');
    // The states are no JSON: that is found for each of them, after one was read.
    expect(finished.code).toBe(1);
    expect((json(finished) as Inspected).totals).toMatchObject({ quantizedParameters: 40 * 2048 });
    expect(requests.length).toBeLessThanOrEqual(7);
  });
});
