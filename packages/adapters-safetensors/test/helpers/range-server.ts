import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a request may get instead of the proper answer; true when it was answered. */
export type Misbehaviour = (request: IncomingMessage, response: ServerResponse, bytes: Uint8Array) => boolean;

export interface RangeServer {
  readonly url: string;
  /** Method, path and range of each request. */
  readonly requests: string[];
  readonly close: () => Promise<void>;
}

/** A server of files that answers range requests, unless `misbehave` steps in. */
export async function startRangeServer(
  files: ReadonlyMap<string, Uint8Array>,
  misbehave: Misbehaviour = () => false,
): Promise<RangeServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname);
    requests.push(`${request.method ?? ''} ${request.url ?? ''} ${request.headers.range ?? ''}`.trim());
    const bytes = files.get(path);
    if (bytes === undefined) {
      response.writeHead(404).end();
      return;
    }
    if (!misbehave(request, response, bytes)) answerRange(request, response, bytes);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}

/** The range that a request asks for, cut to the file. */
export function requestedRange(request: IncomingMessage, bytes: Uint8Array): { start: number; end: number } {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  return { start: Number(first), end: Math.min(Number(last) + 1, bytes.byteLength) };
}

function answerRange(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array): void {
  if (request.method === 'HEAD' || request.headers.range === undefined) {
    response.writeHead(200, { 'content-length': bytes.byteLength }).end(request.method === 'HEAD' ? undefined : bytes);
    return;
  }
  const { start, end } = requestedRange(request, bytes);
  if (start >= bytes.byteLength) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.byteLength}` }).end();
    return;
  }
  response.writeHead(206, {
    'content-range': `bytes ${start}-${end - 1}/${bytes.byteLength}`,
    'content-length': end - start,
    etag: '"1"',
  });
  response.end(bytes.subarray(start, end));
}
