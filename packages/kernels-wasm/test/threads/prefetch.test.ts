import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MOST_PAGES } from '../../src/inference/layer-memory.ts';
import { moduleBytes } from '../../src/module/choose.ts';
import { instantiate } from '../../src/module/kernels.ts';
import { CONTROL, CONTROL_WORDS } from '../../src/threads/control.ts';
import { announce } from '../../src/threads/prefetch.ts';

const SIZE = 65536;
const memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES });
const kernels = instantiate(await WebAssembly.compile(moduleBytes('plain')), memory);

test('prefetching reads one byte of each line, and nothing outside the memory, whatever it is asked for', () => {
  new Uint8Array(memory.buffer).fill(1);
  const word = fc.oneof(fc.integer({ min: 0, max: SIZE }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
  fc.assert(
    fc.property(word, word, (from, byteLength) => {
      const [start, length] = [from >>> 0, byteLength >>> 0];
      const end = (start + length) % 2 ** 32;
      const lines = Math.max(0, Math.ceil((Math.min(end, SIZE) - start) / 64));
      expect(kernels.prefetch(from, byteLength)).toBe(lines);
    }),
  );
});

test.each([false, true])('the parts that are announced are those of the weight (backwards: %s)', (backwards) => {
  const counts = fc.record({ at: fc.nat(2 ** 20), byteLength: fc.integer({ min: 1, max: 2 ** 24 }) });
  fc.assert(
    fc.property(counts, fc.integer({ min: 1, max: 128 }), (weights, parts) => {
      const state = new Int32Array(CONTROL_WORDS);
      announce(state, 5, { weights: { ...weights, times: 1 }, parts, backwards });
      const [number, at = 0, stride = 0, count = 0] = state.subarray(CONTROL.prefetchFor);
      expect({ number, count }).toEqual({ number: 5, count: parts });
      const starts = Array.from({ length: count }, (_, part) => at + part * stride).toSorted((a, b) => a - b);
      expect(starts[0]).toBe(weights.at);
      expect(at + (backwards ? 0 : (count - 1) * stride) + Math.abs(stride)).toBeGreaterThanOrEqual(
        weights.at + weights.byteLength,
      );
      announce(state, 6, null);
      expect(state[CONTROL.prefetchParts]).toBe(0);
    }),
  );
});
