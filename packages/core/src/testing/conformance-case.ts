import { FewbitError, type FewbitErrorCode } from '../errors.ts';

/**
 * One case of a conformance suite: plain data, so that any test runner can run it.
 *
 * @example
 * ```ts
 * for (const { name, run } of backendConformance(myBackend)) test(name, run);
 * ```
 */
export interface ConformanceCase {
  /** What breaks for a user when it fails. */
  readonly name: string;
  /** Rejects with an Error that says what was seen and what was expected. */
  readonly run: () => Promise<void>;
}

/** @throws Error with the message unless the condition holds. */
export function check(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new Error(message());
}

/** @throws Error naming the first byte that differs. */
export function checkSameBytes(seen: Uint8Array, expected: Uint8Array, what: string): void {
  check(seen.length === expected.length, () => `${what}: ${seen.length} bytes instead of ${expected.length}`);
  const at = seen.findIndex((byte, i) => byte !== expected[i]);
  check(
    at < 0,
    () => `${what}: byte ${at} of ${seen.length} is ${String(seen[at])} instead of ${String(expected[at])}`,
  );
}

/** @throws Error unless the action is rejected with a FewbitError of the code. */
export async function checkRejects(code: FewbitErrorCode, action: () => Promise<unknown>, what: string): Promise<void> {
  let error: unknown = null;
  try {
    await action();
  } catch (caught) {
    error = caught;
  }
  const seen = FewbitError.isInstance(error) ? error.code : `this: ${String(error)}`;
  check(seen === code, () => `${what}: expected an error of code ${code}, got ${seen}`);
}
