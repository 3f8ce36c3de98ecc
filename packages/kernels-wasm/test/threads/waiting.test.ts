import { afterEach, describe, expect, it, vi } from 'vitest';
import { howToWait, type Wait } from '../../src/threads/waiting.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** As on the main thread of a page. */
function waitWithoutBlocking(): Wait {
  vi.spyOn(Atomics, 'wait').mockImplementation(() => {
    throw new TypeError('Atomics.wait cannot be called in this context');
  });
  const wait = howToWait();
  if (wait === null) throw new Error('this engine has Atomics.waitAsync');
  return wait;
}

describe('a thread that may not block', () => {
  it('goes on at once where the others are done', () => {
    const state = new Int32Array(new SharedArrayBuffer(8));
    Atomics.store(state, 1, 3);
    expect(waitWithoutBlocking()(state, 1, 3)).toBeUndefined();
  });

  it('is called back where they are not, however often the word changes before', async () => {
    const state = new Int32Array(new SharedArrayBuffer(8));
    const waited = waitWithoutBlocking()(state, 1, 3);
    expect(waited).toBeInstanceOf(Promise);
    let done = false;
    const finished = Promise.resolve(waited).then(() => (done = true));
    for (let value = 1; value <= 3; value += 1) {
      expect(done).toBe(false);
      Atomics.store(state, 1, value);
      Atomics.notify(state, 1);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await finished;
  });
});
