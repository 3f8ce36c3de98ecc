import { readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fewbit, json, recipeFile, scratch, tinyLlama } from './helpers.ts';

let server: Server;
let url = '';
let served = 0;
let requests: string[] = [];

beforeAll(async () => {
  server = createServer(({ url: path = '/', headers, method }, response) => {
    const file = join(tinyLlama, path.slice(1));
    requests.push(`${method ?? ''} ${path} ${headers.range ?? ''}`.trim());
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    if (size === undefined) {
      response.writeHead(404).end();
      return;
    }
    const { first, last } = /^bytes=(?<first>\d+)-(?<last>\d*)$/.exec(headers.range ?? '')?.groups ?? {};
    const [start, end] =
      first === undefined ? [0, size - 1] : [Number(first), last === '' ? size - 1 : Math.min(Number(last), size - 1)];
    const range = first === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` };
    response.writeHead(first === undefined ? 200 : 206, {
      'accept-ranges': 'bytes',
      'content-length': end - start + 1,
      ...range,
    });
    if (method === 'HEAD') {
      response.end();
      return;
    }
    served += end - start + 1;
    response.end(readFileSync(file).subarray(start, end + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('a checkpoint behind a URL', () => {
  it('is explained from its headers: few requests, and no byte of a weight', async () => {
    served = 0;
    requests = [];
    const recipe = recipeFile(scratch(), { 're:.*_proj': { type: 'Int8WeightOnlyConfig' } });
    const finished = await fewbit('explain', url, '--recipe', recipe, '--json');
    expect(finished.code).toBe(0);
    const { tensors, totals } = json(finished) as { tensors: unknown[]; totals: { bytesBefore: number } };
    expect(tensors).toHaveLength(30);
    // Two shards, the index, config.json, and a name that is tried first and is not there.
    expect(new Set(requests.map((request) => request.split(' ')[1])).size).toBeLessThanOrEqual(5);
    expect(requests.length).toBeLessThanOrEqual(12);
    expect(served).toBeLessThan(200_000);
    expect(served).toBeLessThan(totals.bytesBefore / 10);
  });

  it('is quantized without a copy of it on this machine', async () => {
    const directory = scratch();
    const out = join(directory, 'out');
    const recipe = recipeFile(directory, { 're:.*_proj': { type: 'Int8WeightOnlyConfig' } });
    expect(await fewbit('quantize', url, '--recipe', recipe, '--out', out)).toMatchObject({ code: 0 });
    expect(await fewbit('verify', out, '--original', tinyLlama)).toMatchObject({ code: 0 });
  }, 60_000);

  it('that is not there ends with 2', async () => {
    const finished = await fewbit('inspect', `${url}/nothing.safetensors`);
    expect(finished.code).toBe(2);
    expect(finished.err).toMatch(/404/);
  });
});
