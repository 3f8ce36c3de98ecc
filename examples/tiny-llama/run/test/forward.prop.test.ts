import type { InferenceOperations } from '@fewbit/core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { createCache } from '../cache.ts';
import { forward, rmsNorm } from '../forward.ts';
import type { Llama } from '../model.ts';
import { referenceInference, SMALL, smallLlama } from './small-llama.ts';

let model: Llama;
beforeAll(async () => {
  model = await smallLlama(referenceInference());
});

const token = fc.integer({ min: 0, max: SMALL.vocabulary - 1 });
const text = fc.array(token, { minLength: 2, maxLength: SMALL.context });
const logitsOf = (ids: readonly number[], wanted?: number) => forward(model, ids, createCache(SMALL), wanted);

test('tokens that pass one by one, or in parts, give other logits than all at once', async () => {
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.integer({ min: 1, max: 4 })), async (ids, lengths) => {
      const cache = createCache(SMALL);
      const parts: number[] = [];
      for (let part = 0; cache.length < ids.length; part += 1) {
        const next = ids.slice(cache.length, cache.length + (lengths[part] ?? 1));
        parts.push(...(await forward(model, next, cache)));
      }
      expect(cache.length).toBe(ids.length);
      expect(parts).toEqual([...(await logitsOf(ids))]);
    }),
  );
});

test('a later token changes the logits of an earlier one', async () => {
  await fc.assert(
    fc.asyncProperty(text, text, fc.nat(), async (ids, other, at) => {
      const same = 1 + (at % (ids.length - 1));
      const changed = ids.map((id, index) => (index < same ? id : (other[index] ?? 0)));
      const earlier = same * SMALL.vocabulary;
      const [before, after] = [await logitsOf(ids), await logitsOf(changed)];
      expect(after.subarray(0, earlier)).toEqual(before.subarray(0, earlier));
    }),
  );
});

test('an earlier token does not change the logits of a later one', async () => {
  const [one, other] = [await logitsOf([1, 2, 3, 4]), await logitsOf([2, 1, 3, 4])];
  expect(one.subarray(-SMALL.vocabulary)).not.toEqual(other.subarray(-SMALL.vocabulary));
});

test('logits of the last tokens alone are others than among all', async () => {
  const all = await logitsOf([1, 2, 3, 4, 5]);
  expect(await logitsOf([1, 2, 3, 4, 5], 2)).toEqual(all.slice(3 * SMALL.vocabulary));
});

test('a backend that uses its memory for results again, as it may, computes something else', async () => {
  const reference = referenceInference();
  const memory = new Float32Array(1024);
  const reusing: InferenceOperations = {
    loadLinear: async (request) => {
      const layer = await reference.loadLinear(request);
      const inPlace = async (x: Float32Array): Promise<Float32Array> => {
        const y = await layer.forward(x);
        memory.fill(NaN);
        memory.set(y);
        return memory.subarray(0, y.length);
      };
      return { ...layer, forward: inPlace };
    },
  };
  const other = await smallLlama(reusing);
  expect(await forward(other, [3, 1, 4, 1, 5], createCache(SMALL))).toEqual(await logitsOf([3, 1, 4, 1, 5]));
});

test('layers in bf16 get activations that are no values of bf16', async () => {
  const seen: number[] = [];
  const reference = referenceInference();
  const watching: InferenceOperations = {
    loadLinear: async (request) => {
      const layer = await reference.loadLinear(request);
      return {
        ...layer,
        forward: (x) => {
          seen.push(...new Uint32Array(x.slice().buffer).map((bits) => bits & 0xffff));
          return layer.forward(x);
        },
      };
    },
  };
  await forward(await smallLlama(watching, 'BF16'), [1, 2, 3], createCache(SMALL));
  expect(seen.length).toBeGreaterThan(300);
  expect(seen.every((low) => low === 0)).toBe(true);
});

describe('the model runs out of its arrays:', () => {
  test.each([-1, SMALL.vocabulary, 1.5, NaN])('the token %d', async (id) => {
    await expect(logitsOf([1, id])).rejects.toThrow(/is no token of 12/);
  });

  test('a text longer than the context', async () => {
    await expect(logitsOf(new Array<number>(SMALL.context + 1).fill(1))).rejects.toThrow('11 tokens do not fit');
  });

  test('a cache of more layers', async () => {
    await expect(forward(model, [1], createCache({ ...SMALL, layers: 3 }))).rejects.toThrow('another model');
  });
});

test('rows are not normed one by one, or not weighted', () => {
  const y = rmsNorm(Float32Array.of(3, 4, 0, 0.5), Float32Array.of(1, 2), 0);
  const expected = [3 / Math.sqrt(12.5), 8 / Math.sqrt(12.5), 0, 2 * Math.SQRT2];
  for (const [at, value] of expected.entries()) expect(y[at]).toBeCloseTo(value, 6);
});
