import type { ReadError } from '@fewbit/core';

/** However long a server asks to wait, no single wait is longer. */
const LONGEST_WAIT = 30_000;

/** What one attempt gave. */
export type Attempt<T> = { readonly ok: true; readonly value: T } | Failure;

export interface Failure {
  readonly ok: false;
  readonly error: ReadError;
  /** Whether trying again may help. */
  readonly retry: boolean;
  /** Milliseconds that the server asked for. */
  readonly after?: number;
}

export interface RetryOptions {
  readonly retries: number;
  readonly retryDelay: number;
  readonly signal: AbortSignal;
}

/**
 * Tries until it works, until trying again would not help, or until the retries are used up.
 *
 * @throws ReadError the last attempt's.
 */
export async function withRetries<T>(
  attempt: () => Promise<Attempt<T>>,
  { retries, retryDelay, signal }: RetryOptions,
): Promise<T> {
  for (let tried = 0; ; tried++) {
    const outcome = await attempt();
    if (outcome.ok) return outcome.value;
    if (!outcome.retry || tried >= retries || signal.aborted) throw outcome.error;
    // Half of the wait is chance, so that many readers that failed together do not come back together.
    const wait = retryDelay * 2 ** tried * (0.5 + Math.random() / 2);
    await sleep(Math.min(Math.max(wait, outcome.after ?? 0), LONGEST_WAIT), signal);
  }
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
