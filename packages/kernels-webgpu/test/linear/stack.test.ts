import type { LinearRequest } from '@fewbit/core';
import { LINEAR_TRIALS, randomActivations, seededRandom, type LinearTrial } from '@fewbit/core/testing';
import { describe, expect, test } from 'vitest';
import { probeWebgpu } from '../../src/index.ts';
import { adapter, gpu, sharedBackend } from '../helpers/adapter.ts';
import { countingDispatches, openDevice } from '../helpers/device.ts';
import { trialNamed } from '../helpers/layers.ts';

type Requests = readonly [LinearRequest, ...LinearRequest[]];

/** Layers of one kind and of these heights; one has a bias for sure. The same seed draws the same groups and dtypes. */
function layersOf(trial: LinearTrial, heights: readonly [number, ...number[]], columns: number): Requests {
  const [first, ...others] = heights;
  const one = (rows: number): LinearRequest => trial.request(seededRandom(3), [rows, columns], 'F32');
  return [{ ...one(first), bias: randomActivations(seededRandom(4), first, 'F32') }, ...others.map(one)];
}

/** Kinds whose kernels differ: the others are like one of them. */
const KINDS = [
  'a float weight',
  'int8, one block',
  'int4 groups with zero points',
  'plain int4',
  'int8 rows under asymmetric activations',
  'int8, one block, under one block of activations',
  'int4 groups under int8 activations',
  'plain int4 under int8 activations',
];

describe.skipIf(adapter === null)('layers that take the same activations', () => {
  test.each(KINDS)('give the bits of each by itself, in one dispatch: %s', async (name) => {
    const { inference } = await sharedBackend();
    const requests = layersOf(trialNamed(name), [40, 64, 7], 96);
    const stack = await inference.loadStack(requests);
    expect(stack.layers).toBe(1);
    const layers = await Promise.all(requests.map((request) => inference.loadLinear(request)));
    for (const rows of [1, 3, 35]) {
      const x = randomActivations(seededRandom(rows), rows * 96, 'F32');
      const seen = await stack.forward(x);
      for (const [at, layer] of layers.entries()) expect(seen[at]).toEqual(await layer.forward(x));
    }
    expect((await stack.forward(new Float32Array(0))).map(({ length }) => length)).toEqual([0, 0, 0]);
    for (const { release } of [stack, ...layers]) release();
    await expect(stack.forward(new Float32Array(96))).rejects.toThrow(/released/);
  });

  test('take one dispatch, and two where activations are quantized, however many they are', async () => {
    const { device, taken } = countingDispatches(await openDevice());
    const { backend } = await probeWebgpu({ gpu, device, kernels: [] });
    if (backend === null) throw new Error('no backend');
    for (const [name, dispatches] of [
      ['int8 rows', 1],
      ['int8 rows under int8 activations', 2],
    ] as const) {
      const stack = await backend.inference.loadStack(layersOf(trialNamed(name), [40, 64, 7], 96));
      taken();
      await stack.forward(randomActivations(seededRandom(1), 96, 'F32'));
      expect([name, taken()]).toEqual([name, dispatches]);
    }
    backend.close();
    device.destroy();
  });

  test('that are stored differently run one by one', async () => {
    const { inference } = await sharedBackend();
    const [rows] = layersOf(trialNamed('int8 rows'), [40], 64);
    const [groups] = layersOf(trialNamed('plain int4'), [24], 64);
    const stack = await inference.loadStack([rows, groups]);
    expect(stack.layers).toBe(2);
    const x = randomActivations(seededRandom(1), 64, 'F32');
    expect((await stack.forward(x)).map(({ length }) => length)).toEqual([40, 24]);
    stack.release();
  });

  test('give tensors that stay on the device, which the next layers take as they are, whatever their kernel and number of rows', async () => {
    const backend = await sharedBackend();
    const { inference } = backend;
    const stack = await inference.loadStack(layersOf(trialNamed('int4 groups'), [40, 33, 70], 64));
    const next = await Promise.all(
      LINEAR_TRIALS.map((trial) => inference.loadLinear(trial.request(seededRandom(6), [9, 33], 'F32'))),
    );
    for (const rows of [1, 4, 37]) {
      const values = randomActivations(seededRandom(rows), rows * 64, 'F32');
      const [, middle = new Float32Array(0)] = await stack.forward(values);
      const before = backend.report().memory.buffers;
      const x = backend.upload(values, 64);
      const pass = backend.begin();
      const parts = pass.runStack(stack, x);
      const [first, second, third] = parts;
      if (first === undefined || second === undefined || third === undefined) throw new Error('three were stacked');
      const fitting = next.filter(({ inFeatures }) => inFeatures === second.columns);
      expect(fitting.length).toBeGreaterThan(10);
      const results = fitting.map((layer) => pass.run(layer, second));
      pass.submit();
      expect([first.columns, third.columns]).toEqual([40, 70]);
      expect(await backend.read(second)).toEqual(middle);
      for (const [at, layer] of fitting.entries()) {
        const result = results[at];
        if (result === undefined) throw new Error('no result');
        expect([layer.packing, await backend.read(result)]).toEqual([layer.packing, await layer.forward(middle)]);
      }
      for (const tensor of [x, ...results, ...parts, ...parts]) tensor.release();
      // What was given back is taken again: nothing is left over by the parts.
      expect(backend.report().memory.buffers - before).toBeLessThan(fitting.length + 8);
    }
    for (const { release } of [stack, ...next]) release();
  });
});
