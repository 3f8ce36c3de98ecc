import type { MaybePromise } from '@fewbit/core';

/** Waits until a word has a value, given that whoever sets it notifies. */
export type Wait = (state: Int32Array, place: number, value: number) => MaybePromise<void>;

/** How this thread can wait; null where it cannot. The main thread of a page may not block, so it is called back. */
export function howToWait(): Wait | null {
  if (mayBlock()) return block;
  const waitAsync: unknown = Reflect.get(Atomics, 'waitAsync');
  return isWaitAsync(waitAsync) ? (state, place, value) => beCalled(waitAsync, state, place, value) : null;
}

function mayBlock(): boolean {
  try {
    // Returns at once: the word does not have that value.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false;
  }
}

function block(state: Int32Array, place: number, value: number): void {
  for (let seen = Atomics.load(state, place); seen !== value; seen = Atomics.load(state, place)) {
    Atomics.wait(state, place, seen);
  }
}

type WaitAsync = (state: Int32Array, place: number, value: number) => { readonly value: string | Promise<string> };

function isWaitAsync(value: unknown): value is WaitAsync {
  return typeof value === 'function';
}

function beCalled(waitAsync: WaitAsync, state: Int32Array, place: number, value: number): MaybePromise<void> {
  if (Atomics.load(state, place) !== value) return untilCalled(waitAsync, state, place, value);
}

async function untilCalled(waitAsync: WaitAsync, state: Int32Array, place: number, value: number): Promise<void> {
  for (let seen = Atomics.load(state, place); seen !== value; seen = Atomics.load(state, place)) {
    await waitAsync(state, place, seen).value;
  }
}
