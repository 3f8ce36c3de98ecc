import { InvalidCheckpointError, ReadError } from '@fewbit/core';
import { openCheckpoint } from '@fewbit/adapters-safetensors/node';
import {
  openCheckpointUrl,
  openHttpSource,
  type FetchFunction,
  type HttpOptions,
} from '@fewbit/adapters-safetensors/web';
import { afterEach, describe, expect, test } from 'vitest';

import { resolveHubUrl } from '../src/http/hub-url.ts';
import { simpleFile } from './helpers/headers.ts';
import { textBytes } from './helpers/memory-files.ts';
import { requestedRange, startRangeServer, type Misbehaviour, type RangeServer } from './helpers/range-server.ts';

const fast: HttpOptions = { retries: 2, retryDelay: 1, timeout: 500 };
const weights = simpleFile({ a: 1_000_000, b: 3 });

const servers: RangeServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(files: ReadonlyMap<string, Uint8Array>, misbehave?: Misbehaviour): Promise<RangeServer> {
  const server = await startRangeServer(files, misbehave);
  servers.push(server);
  return server;
}

const one = new Map([['/m/model.safetensors', weights]]);

describe('a checkpoint on a server', () => {
  test('opens from the URL of a file with one request, which reads no more than 64 KiB', async () => {
    const server = await serve(one);
    const checkpoint = await openCheckpointUrl(`${server.url}/m/model.safetensors`, fast);
    expect(checkpoint.tensors.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(server.requests).toEqual(['GET /m/model.safetensors bytes=0-65535']);
    const [, b] = checkpoint.tensors;
    const bytes = await checkpoint.shards[0]?.source.read(b?.begin ?? 0, b?.end ?? 0);
    expect(bytes).toEqual(weights.slice(-3));
    await checkpoint.close();
  });

  test('opens from the URL of a folder, with its config', async () => {
    const server = await serve(new Map([...one, ['/m/config.json', textBytes('{"model_type":"llama"}')]]));
    for (const url of [`${server.url}/m`, `${server.url}/m/`]) {
      const checkpoint = await openCheckpoint(url, fast);
      expect(checkpoint.tensors).toHaveLength(2);
      expect(checkpoint.config).toEqual({ model_type: 'llama' });
      expect(checkpoint.shardLocations).toEqual([`${server.url}/m/model.safetensors`]);
      expect(checkpoint.sideFiles).toEqual([]);
      await checkpoint.close();
    }
  });

  test('opens from a folder of shards and from the URL of an index, the query kept for every file', async () => {
    const files = new Map([
      ['/m/a b#1.safetensors', simpleFile({ a: 1 })],
      ['/m/b.safetensors', simpleFile({ b: 1 })],
      ['/m/model.safetensors.index.json', textBytes('{"weight_map":{"a":"a b#1.safetensors","b":"b.safetensors"}}')],
    ]);
    const server = await serve(files);
    for (const url of [`${server.url}/m?key=1`, `${server.url}/m/model.safetensors.index.json?key=1`]) {
      const checkpoint = await openCheckpointUrl(url, fast);
      expect(checkpoint.tensors.map(({ name }) => name)).toEqual(['a', 'b']);
      await checkpoint.close();
    }
    expect(server.requests.every((request) => request.includes('?key=1'))).toBe(true);
  });

  test('that is malformed is malformed for good, not a failure to read', async () => {
    const server = await serve(new Map([['/x.safetensors', textBytes('this is not a safetensors file')]]));
    await expect(openCheckpointUrl(`${server.url}/x.safetensors`, fast)).rejects.toThrow(InvalidCheckpointError);
    expect(server.requests).toHaveLength(1);
  });

  test('that is not there is a ReadError without retries', async () => {
    const server = await serve(new Map());
    await expect(openCheckpointUrl(`${server.url}/x.safetensors`, fast)).rejects.toThrow(/no such file/);
    await expect(openCheckpointUrl(`${server.url}/folder`, fast)).rejects.toThrow(/neither model.safetensors nor/);
    expect(server.requests).toHaveLength(3);
  });

  test('whose shard names lead elsewhere is refused before they are asked for', async () => {
    const server = await serve(
      new Map([['/m/model.safetensors.index.json', textBytes('{"weight_map":{"a":"../../secret"}}')]]),
    );
    await expect(openCheckpointUrl(`${server.url}/m`, fast)).rejects.toThrow(InvalidCheckpointError);
    expect(server.requests.some((request) => request.includes('secret'))).toBe(false);
  });
});

describe('a server that misbehaves gives a ReadError, never wrong bytes', () => {
  const open = async (misbehave: Misbehaviour, options: HttpOptions = {}): Promise<void> => {
    const server = await serve(one, misbehave);
    const source = await openHttpSource(`${server.url}/m/model.safetensors`, { ...fast, ...options });
    const bytes = await source.read(500_000, 700_000);
    await source.close?.();
    expect(bytes).toEqual(weights.slice(500_000, 700_000));
  };
  /** Misbehaves in requests other than the first. */
  const later =
    (misbehave: Misbehaviour): Misbehaviour =>
    (request, ...rest) =>
      request.headers.range !== 'bytes=0-65535' && misbehave(request, ...rest);
  const answer =
    (status: number, headers: Record<string, string>, body: (bytes: Uint8Array) => Uint8Array): Misbehaviour =>
    (request, response, bytes) => {
      const { start, end } = requestedRange(request, bytes);
      response.writeHead(status, headers).end(body(bytes.subarray(start, end)));
      return true;
    };
  const rangeHeader = (start: number, end: number, total = weights.byteLength): Record<string, string> => ({
    'content-range': `bytes ${start}-${end}/${total}`,
  });

  test.each<[string, Misbehaviour, RegExp]>([
    ['ignores ranges from the start', answer(200, {}, () => weights), /ignores range requests/],
    ['ignores ranges later', later(answer(200, {}, () => weights)), /ignores range requests/],
    ['forbids', answer(403, {}, (bytes) => bytes), /answered 403\. It may need an access token/],
    ['is broken', answer(500, {}, (bytes) => bytes), /answered 500/],
    ['answers with another success', answer(204, {}, () => new Uint8Array(0)), /answered 204/],
    [
      'sends another range',
      later(answer(206, rangeHeader(0, 199_999), (bytes) => bytes)),
      /instead of bytes 500000-699999/,
    ],
    [
      'tells another length of the whole',
      later(answer(206, rangeHeader(500_000, 699_999, 5_000_000), (bytes) => bytes)),
      /instead of bytes/,
    ],
    ['sends no sense for a range', answer(206, { 'content-range': 'bytes x-y/z' }, (bytes) => bytes), /"bytes x-y\/z"/],
    [
      'sends a range from the middle first',
      answer(206, rangeHeader(5, 65_540), (bytes) => bytes),
      /instead of one that begins at 0/,
    ],
    [
      'sends fewer bytes than it says',
      later(answer(206, rangeHeader(500_000, 699_999), (bytes) => bytes.subarray(1))),
      /sent 199999 bytes instead of 200000/,
    ],
    [
      'sends more bytes than it says',
      later(answer(206, rangeHeader(500_000, 699_999), (bytes) => new Uint8Array(bytes.byteLength + 1))),
      /sent more bytes instead of 200000/,
    ],
    [
      'sends less than was asked, honestly',
      answer(206, rangeHeader(0, 99), (bytes) => bytes.subarray(0, 100)),
      /sent 100 bytes/,
    ],
    [
      'compresses',
      later(answer(206, { ...rangeHeader(500_000, 699_999), 'content-encoding': 'gzip' }, (bytes) => bytes)),
      /compressed|connection failed/,
    ],
    [
      'has another file later',
      later(answer(206, { ...rangeHeader(500_000, 699_999), etag: '"2"' }, (bytes) => bytes)),
      /changed while it was read/,
    ],
    [
      'closes the connection in the middle',
      later((_, response, bytes) => {
        response.writeHead(206, { ...rangeHeader(500_000, 699_999), 'content-length': 200_000 });
        response.write(bytes.subarray(500_000, 600_000), () => response.destroy());
        return true;
      }),
      /connection failed/,
    ],
    ['says nothing', later(() => true), /nothing came for 500 ms/],
    [
      'stops in the middle and says nothing more',
      later((_, response, bytes) => {
        response.writeHead(206, { ...rangeHeader(500_000, 699_999), 'content-length': 200_000 });
        response.write(bytes.subarray(500_000, 600_000));
        return true;
      }),
      /nothing came for 500 ms/,
    ],
  ])('%s', async (_, misbehave, message) => {
    const reading = open(misbehave);
    await expect(reading).rejects.toThrow(ReadError);
    await expect(reading).rejects.toThrow(message);
  });

  test.each([408, 429, 500, 503])('status %i passes, and is tried again', async (status) => {
    let failures = 2;
    await open((_, response) => {
      if (failures === 0) return false;
      failures -= 1;
      response.writeHead(status, { 'retry-after': '0' }).end();
      return true;
    });
    expect(failures).toBe(0);
  });

  test('a truncated answer is tried again', async () => {
    let failures = 1;
    await open(
      later((_, response) => {
        if (failures === 0) return false;
        failures -= 1;
        response.writeHead(206, rangeHeader(500_000, 699_999)).end('short');
        return true;
      }),
    );
    expect(failures).toBe(0);
  });

  test('tries stop after the given number', async () => {
    const server = await serve(one, (_, response) => {
      response.writeHead(503).end();
      return true;
    });
    await expect(openHttpSource(`${server.url}/m/model.safetensors`, fast)).rejects.toThrow(/503/);
    expect(server.requests).toHaveLength(3);
  });

  test('a server that hides Content-Range from pages is asked for the length', async () => {
    await open((request, response, bytes) => {
      if (request.method === 'HEAD') return false;
      const { start, end } = requestedRange(request, bytes);
      response.writeHead(206).end(bytes.subarray(start, end));
      return true;
    });
  });
});

describe('requests', () => {
  test('carry the given headers, through the given fetch', async () => {
    const server = await serve(one);
    const seen: string[] = [];
    const spy: FetchFunction = (url, init) => {
      seen.push(init.headers.authorization ?? '');
      return fetch(url, init);
    };
    const source = await openHttpSource(`${server.url}/m/model.safetensors`, {
      ...fast,
      fetch: spy,
      headers: { authorization: 'Bearer x' },
    });
    await source.read(100_000, 100_001);
    expect(seen).toEqual(['Bearer x', 'Bearer x']);
  });

  test('do not show secrets of the URL in errors', async () => {
    const server = await serve(new Map());
    const url = `${server.url.replace('http://', 'http://user:password@')}/x.safetensors?signature=secret`;
    const spy: FetchFunction = (target, init) => fetch(target.replace('user:password@', ''), init);
    const error: unknown = await openHttpSource(url, { ...fast, fetch: spy }).catch((caught: unknown) => caught);
    expect(String(error)).not.toMatch(/secret|password/);
    expect(String(error)).toContain('/x.safetensors');
  });

  test('end when the source is closed', async () => {
    const server = await serve(one, (request) => request.headers.range !== 'bytes=0-65535');
    const source = await openHttpSource(`${server.url}/m/model.safetensors`, { ...fast, timeout: 60_000 });
    const reading = source.read(100_000, 200_000);
    await source.close?.();
    await expect(reading).rejects.toThrow(/closed/);
  });

  test('of what is no server at all is a ReadError', async () => {
    await expect(openHttpSource('http://127.0.0.1:1/x', fast)).rejects.toThrow(ReadError);
    await expect(openCheckpointUrl('http://', fast)).rejects.toThrow(/malformed/);
    await expect(openCheckpointUrl('http://host/%zz', fast)).rejects.toThrow(/malformed/);
  });
});

test.each([
  ['https://huggingface.co/owner/model', 'https://huggingface.co/owner/model/resolve/main'],
  ['https://huggingface.co/owner/model/', 'https://huggingface.co/owner/model/resolve/main'],
  ['https://huggingface.co/owner/model/tree/v1', 'https://huggingface.co/owner/model/resolve/v1'],
  [
    'https://huggingface.co/owner/model/blob/main/model.safetensors',
    'https://huggingface.co/owner/model/resolve/main/model.safetensors',
  ],
  [
    'https://huggingface.co/owner/model/resolve/main/x.safetensors',
    'https://huggingface.co/owner/model/resolve/main/x.safetensors',
  ],
  ['https://huggingface.co/datasets/x', 'https://huggingface.co/datasets/x'],
  ['https://example.com/owner/model', 'https://example.com/owner/model'],
])('the page %s of the hub stands for its files', (page, files) => {
  expect(resolveHubUrl(new URL(page)).href).toBe(files);
});
