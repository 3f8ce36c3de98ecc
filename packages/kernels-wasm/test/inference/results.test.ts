import { fromFloat32, type LinearRequest } from '@fewbit/core';
import { expect, test } from 'vitest';
import { createWasmBackend } from '../../src/index.ts';
import { valuesOf } from './operations.ts';

const EXTENT = 96;

const request: LinearRequest = {
  weight: {
    ...{ kind: 'float', outFeatures: EXTENT, inFeatures: EXTENT, dtype: 'F32' },
    values: fromFloat32(
      valuesOf('F32', EXTENT * EXTENT, (at) => Math.sin(at)),
      'F32',
    ),
  },
  ...{ bias: null, activations: null, dtype: 'F32' },
};

const inputOf = (rows: number): Float32Array => valuesOf('F32', rows * EXTENT, (at) => Math.cos(at));

test('results lie in one array for all runs, so a loop leaves nothing to a collector', async () => {
  const backend = await createWasmBackend();
  const layer = await backend?.inference.loadLinear(request);
  const first = await layer?.forward(inputOf(3));
  expect((await layer?.forward(inputOf(2)))?.buffer).toBe(first?.buffer);
  expect(await layer?.forward(inputOf(3))).toHaveLength(3 * EXTENT);
  backend?.close();
});

test('what a layer gives can be given to the next one as it is', async () => {
  const backend = await createWasmBackend();
  if (backend === null) throw new Error('no layers here');
  const layer = await backend.inference.loadLinear(request);
  for (const rows of [1, 5, 2]) {
    const once = (await layer.forward(inputOf(rows))).slice();
    const twice = (await layer.forward(once)).slice();
    expect(await layer.forward(await layer.forward(inputOf(rows)))).toEqual(twice);
  }
  backend.close();
});

test('a result whose memory was handed to another thread is none the less followed by others', async () => {
  const backend = await createWasmBackend();
  const layer = await backend?.inference.loadLinear(request);
  const expected = (await layer?.forward(inputOf(2)))?.slice();
  const given = await layer?.forward(inputOf(2));
  structuredClone(given, { transfer: given === undefined ? [] : [given.buffer] });
  expect(await layer?.forward(inputOf(2))).toEqual(expected);
  backend?.close();
});
