import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fewbit, json, recipeFile, scratch, tinyLlama } from './helpers.ts';
import { serveRanges } from './range-server.ts';

describe('a checkpoint behind a URL', () => {
  it('is explained from its headers: few requests, and no byte of a weight', async () => {
    const { url, requests, served } = await serveRanges(tinyLlama);
    const recipe = recipeFile(scratch(), { 're:.*_proj': { type: 'Int8WeightOnlyConfig' } });
    const finished = await fewbit('explain', url, '--recipe', recipe, '--json');
    expect(finished.code).toBe(0);
    const { tensors, totals } = json(finished) as { tensors: unknown[]; totals: { bytesBefore: number } };
    expect(tensors).toHaveLength(30);
    // Two shards, the index, config.json, and a name that is tried first and is not there.
    expect(new Set(requests.map((request) => request.split(' ')[1])).size).toBeLessThanOrEqual(5);
    expect(requests.length).toBeLessThanOrEqual(12);
    expect(served()).toBeLessThan(200_000);
    expect(served()).toBeLessThan(totals.bytesBefore / 10);
  });

  it('is quantized without a copy of it on this machine', async () => {
    const { url } = await serveRanges(tinyLlama);
    const directory = scratch();
    const out = join(directory, 'out');
    const recipe = recipeFile(directory, { 're:.*_proj': { type: 'Int8WeightOnlyConfig' } });
    expect(await fewbit('quantize', url, '--recipe', recipe, '--out', out)).toMatchObject({ code: 0 });
    expect(await fewbit('verify', out, '--original', tinyLlama)).toMatchObject({ code: 0 });
  }, 60_000);

  it('that is not there ends with 2', async () => {
    const { url } = await serveRanges(tinyLlama);
    const finished = await fewbit('inspect', `${url}/nothing.safetensors`);
    expect(finished.code).toBe(2);
    expect(finished.err).toMatch(/404/);
  });
});
