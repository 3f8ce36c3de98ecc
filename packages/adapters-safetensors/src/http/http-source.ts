import { ReadError, type Source } from '@fewbit/core';

import { rangeProblem } from '../memory/memory-source.ts';
import { parseContentRange, parseUnsatisfiedRange } from './content-range.ts';
import type { FetchResponse, HttpOptions } from './http-options.ts';
import { createContext, request, shownUrl, unexpectedStatus, type HttpContext } from './request.ts';
import { withRetries, type Attempt, type Failure } from './retry.ts';

/** Asked for at once when a file is opened: the header of an ordinary shard, so that it costs one request. */
const FIRST_BYTES = 65_536;

/**
 * Opens a file on a server that answers range requests.
 *
 * @throws ReadError when the server does not answer, has no such file, or ignores ranges.
 */
export async function openHttpSource(url: string, options: HttpOptions = {}): Promise<Source> {
  const source = await tryOpenHttpSource(url, options);
  if (source !== null) return source;
  throw new ReadError({ message: 'there is no such file (404)', where: shownUrl(url) });
}

/** As {@link openHttpSource}, but null when the server says that there is no such file. */
export async function tryOpenHttpSource(url: string, options: HttpOptions = {}): Promise<Source | null> {
  const closing = new AbortController();
  const context = createContext(options, closing.signal);
  const first = await withRetries(() => readFirst(context, url), context);
  if (first === null) return null;
  const byteLength = first.byteLength ?? (await withRetries(() => readLength(context, url), context));
  const file: RemoteFile = { url, byteLength, version: first.version };

  const readInto = async (target: Uint8Array, start: number): Promise<void> => {
    const end = start + target.byteLength;
    const problem = rangeProblem(start, end, byteLength);
    if (problem !== null) throw new ReadError({ message: problem, where: shownUrl(url) });
    const known = Math.max(0, Math.min(end, first.bytes.byteLength) - start);
    if (known > 0) target.set(first.bytes.subarray(start, start + known));
    if (known === target.byteLength) return;
    await withRetries(() => readRange(context, file, start + known, target.subarray(known)), context);
  };
  return {
    byteLength,
    readInto,
    read: async (start, end) => {
      const problem = rangeProblem(start, end, byteLength);
      if (problem !== null) throw new ReadError({ message: problem, where: shownUrl(url) });
      const bytes = new Uint8Array(end - start);
      await readInto(bytes, start);
      return bytes;
    },
    close: () => {
      closing.abort();
      return Promise.resolve();
    },
  };
}

interface FirstBytes {
  readonly bytes: Uint8Array;
  /** Null when the server's `Content-Range` is hidden from a page, or does not tell. */
  readonly byteLength: number | null;
  readonly version: string | null;
}

function readFirst(context: HttpContext, url: string): Promise<Attempt<FirstBytes | null>> {
  return request(
    context,
    { url, method: 'GET', headers: { range: `bytes=0-${FIRST_BYTES - 1}` } },
    async (response, body) => {
      const { status } = response;
      if (status === 404) return { ok: true, value: null };
      const version = versionOf(response);
      if (status === 416) {
        // The range of an empty file cannot be satisfied.
        const whole = parseUnsatisfiedRange(response.headers.get('content-range'));
        if (whole === 0) return { ok: true, value: { bytes: new Uint8Array(0), byteLength: 0, version } };
      }
      if (status !== 206) return status === 200 ? ignoresRanges(url) : unexpectedStatus(response, url);
      const told = response.headers.get('content-range');
      const range = told === null ? null : parseContentRange(told);
      if (told !== null && range?.start !== 0) return wrongRange(url, told, 'one that begins at 0');
      const encoded = encodingProblem(response, url);
      if (encoded !== null) return encoded;
      const buffer = new Uint8Array(FIRST_BYTES);
      const length = await body(buffer);
      const expected = range === null ? length : range.end;
      if (
        length < 0 ||
        length !== expected ||
        (range?.total != null && length !== Math.min(range.total, FIRST_BYTES))
      ) {
        return wrongLength(url, length, expected);
      }
      return { ok: true, value: { bytes: buffer.subarray(0, length), byteLength: range?.total ?? null, version } };
    },
  );
}

/** The length by a HEAD request: `Content-Length` is shown to every page, unlike `Content-Range`. */
function readLength(context: HttpContext, url: string): Promise<Attempt<number>> {
  return request(context, { url, method: 'HEAD' }, (response) => {
    if (response.status !== 200) return Promise.resolve(unexpectedStatus(response, url));
    const told = response.headers.get('content-length') ?? '';
    if (/^\d{1,15}$/.test(told)) return Promise.resolve({ ok: true, value: Number(told) });
    return Promise.resolve({
      ok: false,
      retry: false,
      error: new ReadError({
        message: 'the server does not tell how long the file is',
        where: shownUrl(url),
        hint: 'It should expose Content-Range (Access-Control-Expose-Headers).',
      }),
    });
  });
}

interface RemoteFile {
  readonly url: string;
  readonly byteLength: number;
  readonly version: string | null;
}

function readRange(
  context: HttpContext,
  { url, byteLength, version }: RemoteFile,
  start: number,
  target: Uint8Array,
): Promise<Attempt<null>> {
  const end = start + target.byteLength;
  return request(
    context,
    { url, method: 'GET', headers: { range: `bytes=${start}-${end - 1}` } },
    async (response, body) => {
      if (response.status !== 206)
        return response.status === 200 ? ignoresRanges(url) : unexpectedStatus(response, url);
      const told = response.headers.get('content-range');
      if (told !== null) {
        const range = parseContentRange(told);
        const wanted = range?.start === start && range.end === end && (range.total ?? byteLength) === byteLength;
        if (!wanted) return wrongRange(url, told, `bytes ${start}-${end - 1}/${byteLength}`);
      }
      const seen = versionOf(response);
      if (version !== null && seen !== null && seen !== version) return changed(url);
      const encoded = encodingProblem(response, url);
      if (encoded !== null) return encoded;
      const length = await body(target);
      return length === target.byteLength ? { ok: true, value: null } : wrongLength(url, length, target.byteLength);
    },
  );
}

/** A strong entity tag: the same tag, the same bytes. Null when there is none. */
function versionOf(response: FetchResponse): string | null {
  const tag = response.headers.get('etag');
  return tag === null || tag.startsWith('W/') ? null : tag;
}

function encodingProblem(response: FetchResponse, url: string): Failure | null {
  const encoding = response.headers.get('content-encoding') ?? 'identity';
  return encoding === 'identity' ? null : refused(url, `the server compressed the answer (${encoding.slice(0, 40)})`);
}

function ignoresRanges(url: string): Failure {
  return refused(url, 'the server ignores range requests', 'Download the file and open it from disk.');
}

function wrongRange(url: string, told: string, expected: string): Failure {
  return refused(url, `the server sent the range ${JSON.stringify(told.slice(0, 80))} instead of ${expected}`);
}

function changed(url: string): Failure {
  return refused(url, 'the file changed while it was read', 'Start again, from a URL of one revision.');
}

function refused(url: string, message: string, hint?: string): Failure {
  return {
    ok: false,
    retry: false,
    error: new ReadError({ message, where: shownUrl(url), ...(hint === undefined ? {} : { hint }) }),
  };
}

function wrongLength(url: string, length: number, expected: number): Failure {
  const seen = length < 0 ? 'more bytes' : `${length} bytes`;
  return {
    ok: false,
    retry: true,
    error: new ReadError({ message: `the server sent ${seen} instead of ${expected}`, where: shownUrl(url) }),
  };
}
