import { describe, expect, test } from 'vitest';
import { createReferenceBackend, loadStack, stackLinears, type LinearRequest } from '../../src/index.ts';
import { LINEAR_TRIALS, randomActivations, seededRandom, type LinearTrial } from '../../src/testing/index.ts';

const { inference } = createReferenceBackend();
if (inference === null) throw new TypeError('the reference runs layers');

type Requests = readonly [LinearRequest, ...LinearRequest[]];

/** Layers of one kind, of different heights. The last has no bias, the first has one. */
function layersOf(trial: LinearTrial): Requests {
  const one = (outFeatures: number): LinearRequest => {
    // Each kind draws groups and dtypes at random: the same seed draws the same.
    const { bias, ...rest } = trial.request(seededRandom(5), [outFeatures, 64], 'BF16');
    return {
      ...rest,
      bias: outFeatures === 7 ? null : (bias ?? randomActivations(seededRandom(6), outFeatures, 'BF16')),
    };
  };
  return [one(5), one(3), one(7)];
}

const trialNamed = (name: string): LinearTrial => {
  const found = LINEAR_TRIALS.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no trial "${name}"`);
  return found;
};

describe('layers that take the same activations', () => {
  test.each(LINEAR_TRIALS)('give the bits of each by itself: $name', async (trial) => {
    const requests = layersOf(trial);
    const together = await loadStack(inference, requests);
    expect(together.layers).toBe(trial.name.includes('in columns') ? 3 : 1);
    const x = randomActivations(seededRandom(7), 3 * 64, 'BF16');
    const seen = await together.forward(x);
    for (const [at, request] of requests.entries()) {
      const layer = await inference.loadLinear(request);
      expect(seen[at]).toEqual(await layer.forward(x));
    }
    expect((await together.forward(new Float32Array(0))).map(({ length }) => length)).toEqual([0, 0, 0]);
    together.release();
    await expect(together.forward(x)).rejects.toThrow(/released/);
  });

  test('are filled up with rows that give 0, where a unit is asked for', async () => {
    for (const trial of LINEAR_TRIALS.filter(({ name }) => !name.includes('in columns'))) {
      const stack = stackLinears(layersOf(trial), 4);
      expect(stack?.parts).toEqual([
        { first: 0, outFeatures: 5 },
        { first: 8, outFeatures: 3 },
        { first: 12, outFeatures: 7 },
      ]);
      if (stack === null) throw new Error('no stack');
      const layer = await inference.loadLinear(stack.request);
      const y = await layer.forward(randomActivations(seededRandom(8), 64, 'BF16'));
      expect([5, 6, 7, 11, 19].map((at) => Math.abs(y[at] ?? NaN))).toEqual([0, 0, 0, 0, 0]);
    }
  });

  test('that are stored or run differently stay apart', () => {
    const [rows, groups] = ['int8 rows', 'int4 groups'].map((name) => layersOf(trialNamed(name))[0]);
    const dynamic = layersOf(trialNamed('int8 rows under int8 activations'))[0];
    if (rows === undefined || groups === undefined) throw new Error('no layers');
    const { weight } = rows;
    if (weight.kind !== 'affine') throw new Error('no codes');
    expect(stackLinears([rows, groups])).toBeNull();
    expect(stackLinears([rows, dynamic])).toBeNull();
    expect(stackLinears([rows, { ...rows, dtype: 'F32' }])).toBeNull();
    expect(stackLinears([rows, { ...rows, weight: { ...weight, zeroPoint: new Int8Array(5) } }])).toBeNull();
    expect(stackLinears([rows, { ...rows, weight: { ...weight, bits: 7 } }])).toBeNull();
    expect(stackLinears([rows, layersOf(trialNamed('a float weight'))[0]])).toBeNull();
    expect(stackLinears([rows])?.request).toEqual(rows);
  });

  test('of wrong lengths are refused before anything is put together', () => {
    const [first] = layersOf(trialNamed('int8 rows'));
    expect(() => stackLinears([first, { ...first, bias: new Float32Array(4) }])).toThrow(/a bias of 4/);
  });
});
