import { ReadError } from '@fewbit/core';

import type { FetchFunction, FetchResponse, HttpOptions } from './http-options.ts';
import type { Attempt, Failure } from './retry.ts';

/** Answers that may be different a moment later. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** The options with defaults, and what belongs to one source. */
export interface HttpContext {
  readonly fetch: FetchFunction;
  readonly headers: Readonly<Record<string, string>>;
  readonly retries: number;
  readonly retryDelay: number;
  readonly timeout: number;
  /** Fires when the source is closed. */
  readonly signal: AbortSignal;
}

export function createContext(options: HttpOptions, signal: AbortSignal): HttpContext {
  const { fetch = platformFetch, headers = {}, retries = 4, retryDelay = 250, timeout = 30_000 } = options;
  return { fetch, headers, retries, retryDelay, timeout, signal };
}

function platformFetch(...[url, init]: Parameters<FetchFunction>): Promise<FetchResponse> {
  return globalThis.fetch(url, init);
}

/** What to do with an answer's head. Reads the body, or leaves it. */
export type Answered<T> = (response: FetchResponse, body: BodyReader) => Promise<Attempt<T>>;

/**
 * Fills `target`, or as much of it as the body has, and gives the number of bytes; -1 when the body has more.
 */
export type BodyReader = (target: Uint8Array) => Promise<number>;

export interface Request {
  readonly url: string;
  readonly method: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
}

/** Makes one request, with a limit on how long it may be silent. Failures on the way count as worth a retry. */
export async function request<T>(
  context: HttpContext,
  { url, method, headers }: Request,
  answered: Answered<T>,
): Promise<Attempt<T>> {
  const abort = new AbortController();
  const stop = (): void => {
    abort.abort();
  };
  let silence = setTimeout(stop, context.timeout);
  const heard = (): void => {
    clearTimeout(silence);
    silence = setTimeout(stop, context.timeout);
  };
  context.signal.addEventListener('abort', stop);
  if (context.signal.aborted) stop();
  try {
    // A compressed answer would be a range of other bytes.
    const sent = { 'accept-encoding': 'identity', ...context.headers, ...headers };
    const response = await context.fetch(url, { method, headers: sent, signal: abort.signal });
    heard();
    return await answered(response, (target) => readBody(response, target, heard));
  } catch (cause) {
    const message = context.signal.aborted
      ? 'the source was closed'
      : abort.signal.aborted
        ? `nothing came for ${context.timeout} ms`
        : 'the connection failed';
    return {
      ok: false,
      retry: !context.signal.aborted,
      error: new ReadError({ message, where: shownUrl(url), cause }),
    };
  } finally {
    clearTimeout(silence);
    context.signal.removeEventListener('abort', stop);
    // Whatever of the body was not read is not wanted.
    abort.abort();
  }
}

async function readBody(response: FetchResponse, target: Uint8Array, heard: () => void): Promise<number> {
  if (response.body === null) return 0;
  const reader = response.body.getReader();
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return length;
    heard();
    if (length + value.byteLength > target.byteLength) return -1;
    target.set(value, length);
    length += value.byteLength;
  }
}

/** The failed attempt for an answer of another status than the wanted. */
export function unexpectedStatus(response: FetchResponse, url: string): Failure {
  const { status } = response;
  const after = Number(response.headers.get('retry-after'));
  const hint =
    status === 401 || status === 403 ? { hint: 'It may need an access token: give an authorization header.' } : {};
  return {
    ok: false,
    retry: PASSING.has(status),
    error: new ReadError({ message: `the server answered ${status}`, where: shownUrl(url), ...hint }),
    ...(after > 0 ? { after: after * 1000 } : {}),
  };
}

/** Without credentials and query: signed URLs keep their secrets there. */
export function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
