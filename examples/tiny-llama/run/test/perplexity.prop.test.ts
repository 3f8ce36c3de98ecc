import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCache } from '../cache.ts';
import { forward } from '../forward.ts';
import { perplexityOf, windowsOf } from '../perplexity.ts';
import { referenceInference, SMALL, smallLlama } from './small-llama.ts';

test('a token is left out, scored twice, or scored with less before it than it could have', () => {
  const sizes = fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 2, max: 40 }));
  fc.assert(
    fc.property(sizes, fc.nat(), ([length, context], at) => {
      const stride = 1 + (at % (context - 1));
      const scored: number[] = [];
      for (const { start, end, scored: count } of windowsOf(length, context, stride)) {
        expect(end - start).toBeLessThanOrEqual(context);
        expect(start % stride).toBe(0);
        for (let token = end - count; token < end; token += 1) {
          scored.push(token);
          expect(token).toBeGreaterThan(start);
          expect(token - start).toBeGreaterThanOrEqual(Math.min(token, context - stride));
        }
      }
      expect(scored).toEqual(Array.from({ length: Math.max(0, length - 1) }, (_, index) => index + 1));
    }),
  );
});

test('perplexity is not e to the mean cost of a token', async () => {
  const model = await smallLlama(referenceInference());
  const ids = Uint8Array.of(3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9);
  const costOf = async (start: number, target: number): Promise<number> => {
    const logits = await forward(model, ids.subarray(start, target), createCache(SMALL), 1);
    const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
    return -Math.log(Math.exp(logits[ids[target] ?? 0] ?? 0) / sum);
  };
  let cost = 0;
  for (let target = 1; target < ids.length; target += 1) cost += await costOf(target < SMALL.context ? 0 : 5, target);
  const { perplexity, scored, passed } = await perplexityOf(model, ids);
  expect(perplexity).toBeCloseTo(Math.exp(cost / 12), 4);
  expect({ scored, passed }).toEqual({ scored: 12, passed: 9 + 7 });
});
