/** How to talk to servers. */
export interface HttpOptions {
  /** Used instead of the platform's own `fetch`. */
  readonly fetch?: FetchFunction;
  /** Sent with every request: `{ authorization: 'Bearer …' }`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How often to try again after a failure that may pass: 429, 5xx, a broken connection. Default 4. */
  readonly retries?: number;
  /** Milliseconds before the first retry; doubled for each further one, and varied by half. Default 250. */
  readonly retryDelay?: number;
  /** Milliseconds without a byte after which a request counts as broken. Default 30 000. */
  readonly timeout?: number;
}

/** The part of `fetch` that is needed; the platform's fits. */
export type FetchFunction = (url: string, init: FetchInit) => Promise<FetchResponse>;

export interface FetchInit {
  readonly method: 'GET' | 'HEAD';
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
}

export interface FetchResponse {
  readonly status: number;
  readonly headers: { readonly get: (name: string) => string | null };
  readonly body: ReadableStream<Uint8Array> | null;
}
