import { LINEAR_TRIALS, randomActivations, seededRandom } from '@fewbit/core/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adapter, sharedBackend } from '../helpers/adapter.ts';
import { errorOf } from '../helpers/layers.ts';

const extent = fc.oneof(fc.constantFrom(1, 2, 31, 32, 33, 97, 127, 131, 257), fc.integer({ min: 1, max: 140 }));

describe.skipIf(adapter === null)('a layer of any kind and shape', () => {
  test('agrees with the reference: 1, primes, and one more or less than a tile', async () => {
    const { inference } = await sharedBackend();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...LINEAR_TRIALS),
        fc.tuple(extent, extent, fc.oneof(fc.constantFrom(1, 4, 5, 31, 33), fc.integer({ min: 1, max: 40 }))),
        fc.integer({ min: 0, max: 2 ** 31 }),
        async (trial, [outFeatures, columns, rows], seed) => {
          const random = seededRandom(seed);
          const request = trial.request(random, [outFeatures, columns], 'F32');
          const x = randomActivations(random, rows * request.weight.inFeatures, 'F32');
          const layer = await inference.loadLinear(request);
          const { relative, different } = await errorOf(request, x, await layer.forward(x));
          layer.release();
          if (trial.exact) expect(different).toBe(0);
          // Activations may round up by half a step, which their own size does not show.
          else expect(relative).toBeLessThan(request.activations === null ? 1e-5 : 2e-5);
        },
      ),
      { numRuns: 40 },
    );
  }, 300_000);
});
