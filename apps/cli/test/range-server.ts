import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** What a server was asked for and gave. */
export interface RangeServer {
  readonly url: string;
  /** Method, path and range of each request. */
  readonly requests: readonly string[];
  /** Bytes of all bodies. */
  readonly served: () => number;
}

/** Serves a folder by ranges, as hosts of checkpoints do, until the test is over. */
export async function serveRanges(folder: string): Promise<RangeServer> {
  const requests: string[] = [];
  let served = 0;
  const server = createServer(({ url: path = '/', headers, method = '' }, response) => {
    requests.push(`${method} ${path} ${headers.range ?? ''}`.trim());
    const file = join(folder, path.slice(1));
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    if (size === undefined) {
      response.writeHead(404).end();
      return;
    }
    const { first, last } = /^bytes=(?<first>\d+)-(?<last>\d*)$/.exec(headers.range ?? '')?.groups ?? {};
    const [start, end] =
      first === undefined ? [0, size - 1] : [Number(first), last === '' ? size - 1 : Math.min(Number(last), size - 1)];
    response.writeHead(first === undefined ? 200 : 206, {
      'accept-ranges': 'bytes',
      'content-length': end - start + 1,
      ...(first === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
    });
    if (method === 'HEAD') {
      response.end();
      return;
    }
    served += end - start + 1;
    response.end(readFileSync(file).subarray(start, end + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, served: () => served };
}
