import { FewbitError, type InferenceOperations } from '@fewbit/core';
import { LINEAR_TRIALS, randomActivations, seededRandom } from '@fewbit/core/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { probeWebgpu, type WebgpuBackend, type WebgpuLayer, type WebgpuTensor } from '../../src/index.ts';
import { adapter, gpu, sharedBackend } from '../helpers/adapter.ts';
import { counting, openDevice } from '../helpers/device.ts';
import { trialNamed } from '../helpers/layers.ts';

const close: (() => void)[] = [];
afterAll(() => {
  for (const each of close) each();
});

/** A backend of the test's own, which proves only what it runs. */
async function ownBackend(given?: GPUDevice): Promise<{ readonly backend: WebgpuBackend; readonly device: GPUDevice }> {
  const device = given ?? (await openDevice());
  const { backend, reason } = await probeWebgpu({ gpu, device, kernels: [] });
  if (backend === null) throw new Error(reason);
  close.push(() => {
    backend.close();
    device.destroy();
  });
  return { backend, device };
}

function layerNamed(backend: WebgpuBackend, name: string, shape: [number, number], seed = 1): Promise<WebgpuLayer> {
  return backend.inference.loadLinear(trialNamed(name).request(seededRandom(seed), shape, 'F32'));
}

function errorOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return FewbitError.isInstance(error) ? `${error.code}: ${error.message}` : String(error);
  }
  return 'none';
}

describe.skipIf(adapter === null)('a layer that is given a tensor of the device', () => {
  test.each(LINEAR_TRIALS.map(({ name }) => name))(
    'gives the bits of one that is given an array, and of a pass: %s',
    async (name) => {
      const backend = await sharedBackend();
      const layer = await layerNamed(backend, name, [40, 96]);
      for (const rows of [1, 3, 19]) {
        const values = randomActivations(seededRandom(rows), rows * layer.inFeatures, 'F32');
        const expected = await layer.forward(values);
        const x = backend.upload(values, layer.inFeatures);
        const y = layer.forward(x);
        const pass = backend.begin();
        const z = pass.run(layer, x);
        pass.submit();
        expect([y.rows, y.columns]).toEqual([rows, layer.outFeatures]);
        expect(await backend.read(y)).toEqual(expected);
        expect(await backend.read(z)).toEqual(expected);
        for (const tensor of [x, y, z]) tensor.release();
      }
      layer.release();
    },
  );

  test('passes for a layer of the contract, in whose place it may be used', async () => {
    const operations: InferenceOperations = (await sharedBackend()).inference;
    const layer = await operations.loadLinear(trialNamed('plain int4').request(seededRandom(1), [8, 64], 'F32'));
    expect((await layer.forward(new Float32Array(64))).length).toBe(8);
    layer.release();
  });

  test('hands its result to the next, with what lies between released at once', async () => {
    const backend = await sharedBackend();
    const first = await layerNamed(backend, 'int8 rows under int8 activations', [40, 96]);
    const second = await layerNamed(backend, 'plain int4', [24, 40]);
    const values = randomActivations(seededRandom(2), 5 * 96, 'F32');
    const expected = await second.forward(await first.forward(values));
    let x = backend.upload(values, 96);
    for (const layer of [first, second]) {
      const y: WebgpuTensor = layer.forward(x);
      x.release();
      x = y;
    }
    // Takes a buffer that was given back while the work that reads it may still be to do.
    const other = backend.upload(new Float32Array(5 * 96).fill(1e30), 96);
    expect(await backend.read(x)).toEqual(expected);
    for (const tensor of [x, other]) tensor.release();
    for (const layer of [first, second]) layer.release();
  });

  test('takes no row and gives none', async () => {
    const backend = await sharedBackend();
    const layer = await layerNamed(backend, 'int8 rows under int8 activations', [40, 96]);
    const x = backend.upload(new Float32Array(0), 96);
    const y = layer.forward(x);
    expect([y.rows, y.columns, (await backend.read(y)).length]).toEqual([0, 40, 0]);
    for (const tensor of [x, y]) tensor.release();
    layer.release();
  });

  test('holds no more memory after many runs than after one, and none for what it refuses', async () => {
    const { device, live } = counting(await openDevice());
    const { backend } = await ownBackend(device);
    const layer = await layerNamed(backend, 'int8 rows under int8 activations', [64, 64]);
    const stack = await backend.inference.loadStack([
      trialNamed('int8 rows').request(seededRandom(3), [64, 64], 'F32'),
      trialNamed('int8 rows').request(seededRandom(4), [16, 64], 'F32'),
    ]);
    const values = randomActivations(seededRandom(5), 6 * 64, 'F32');
    const run = async (): Promise<void> => {
      const x = backend.upload(values, 64);
      const y = layer.forward(x);
      const parts = stack.forward(y);
      await Promise.all(parts.map((part) => backend.read(part)));
      const narrow = parts[1] ?? x;
      expect(errorOf(() => layer.forward(narrow))).toMatch(/16 columns/);
      for (const tensor of [x, y, ...parts]) tensor.release();
      expect(errorOf(() => layer.forward(x))).toMatch(/released/);
    };
    await run();
    const warm = live();
    for (let i = 0; i < 20; i += 1) await run();
    expect(live()).toBe(warm);
    expect(backend.report().memory.buffers).toBe(warm);
  });

  test('refuses a tensor of another width, a released one, one of another backend, what is no tensor, and a layer of another backend, with the reason', async () => {
    const backend = await sharedBackend();
    const { backend: other } = await ownBackend();
    const layer = await layerNamed(backend, 'plain int4', [24, 64]);
    const wide = backend.upload(new Float32Array(96), 96);
    const foreign = other.upload(new Float32Array(64), 64);
    const gone = backend.upload(new Float32Array(64), 64);
    gone.release();
    const fitting = backend.upload(new Float32Array(64), 64);
    const noTensor = JSON.parse('{"rows": 1, "columns": 64, "stride": 64, "offset": 0}') as WebgpuTensor;
    const pass = backend.begin();
    for (const forward of [
      (x: WebgpuTensor): unknown => layer.forward(x),
      (x: WebgpuTensor): unknown => pass.run(layer, x),
    ]) {
      expect(errorOf(() => forward(wide))).toMatch(/^FEWBIT_INFERENCE_INVALID: .*96 columns.* 64 in features/s);
      expect(errorOf(() => forward(gone))).toMatch(/^FEWBIT_INFERENCE_INVALID: .*after it was released/);
      expect(errorOf(() => forward(foreign))).toMatch(/^FEWBIT_INFERENCE_INVALID: .*not of this backend/);
      expect(errorOf(() => forward(noTensor))).toMatch(/^FEWBIT_INFERENCE_INVALID: .*not of this backend/);
    }
    await expect(backend.read(gone)).rejects.toThrow(/after it was released/);
    await expect(backend.read(foreign)).rejects.toThrow(/not of this backend/);
    const foreignLayer = await layerNamed(other, 'plain int4', [24, 64]);
    expect(errorOf(() => pass.run(foreignLayer, fitting))).toMatch(
      /^FEWBIT_INFERENCE_INVALID: a layer .*not of this backend/,
    );
    foreignLayer.release();
    // The pass that refused them is as good as before.
    const y = pass.run(layer, fitting);
    pass.submit();
    expect((await backend.read(y)).length).toBe(24);
    layer.release();
    expect(errorOf(() => layer.forward(fitting))).toMatch(/^FEWBIT_INFERENCE_INVALID: a layer ran after/);
    for (const tensor of [wide, foreign, fitting, y]) tensor.release();
  });

  test('of a lost device or a closed backend says so by a typed error', async () => {
    for (const end of ['lost', 'closed']) {
      const { backend, device } = await ownBackend();
      const layer = await layerNamed(backend, 'plain int4', [24, 64]);
      const x = backend.upload(new Float32Array(64), 64);
      const pass = backend.begin();
      if (end === 'lost') {
        device.destroy();
        await device.lost;
      } else backend.close();
      for (const action of [() => layer.forward(x), () => pass.run(layer, x), pass.submit]) {
        expect(errorOf(action)).toMatch(/^FEWBIT_BACKEND_UNAVAILABLE: .*(lost|closed)/);
      }
    }
  });
});

describe.skipIf(adapter === null)('a stack that is given a tensor of the device', () => {
  test.each([
    ['one layer', 'plain int4', 1],
    ['layers one by one', 'int8, one block', 2],
  ] as const)('gives a tensor for each, with the bits of each by itself, as %s', async (_, second, layers) => {
    const backend = await sharedBackend();
    const requests = [
      trialNamed('plain int4').request(seededRandom(1), [40, 96], 'F32'),
      trialNamed(second).request(seededRandom(1), [24, 96], 'F32'),
    ] as const;
    const stack = await backend.inference.loadStack(requests);
    expect(stack.layers).toBe(layers);
    for (const rows of [1, 19]) {
      const values = randomActivations(seededRandom(rows), rows * 96, 'F32');
      const x = backend.upload(values, 96);
      const parts = stack.forward(x);
      expect(await Promise.all(parts.map((part) => backend.read(part)))).toEqual(await stack.forward(values));
      for (const tensor of [x, ...parts]) tensor.release();
      expect(errorOf(() => stack.forward(x))).toMatch(/after it was released/);
    }
    stack.release();
  });
});

describe.skipIf(adapter === null)('a pass', () => {
  test('computes from what a tensor held when the pass took it, though it was released before the pass was submitted', async () => {
    const backend = await sharedBackend();
    const layer = await layerNamed(backend, 'plain int4', [40, 96]);
    const values = randomActivations(seededRandom(1), 96, 'F32');
    const expected = await layer.forward(values);
    const x = backend.upload(values, 96);
    const pass = backend.begin();
    const y = pass.run(layer, x);
    x.release();
    // As many as a backend keeps unused buffers of a size, and more: one would take that of x, and be written before the pass runs.
    const others = Array.from({ length: 20 }, () => backend.upload(new Float32Array(96).fill(1e30), 96));
    pass.submit();
    expect(await backend.read(y)).toEqual(expected);
    for (const tensor of [y, ...others]) tensor.release();
    layer.release();
  });

  test('takes nothing more once it was submitted', async () => {
    const backend = await sharedBackend();
    const layer = await layerNamed(backend, 'plain int4', [40, 96]);
    const x = backend.upload(new Float32Array(96), 96);
    const pass = backend.begin();
    pass.submit();
    for (const action of [() => pass.run(layer, x), pass.submit]) {
      expect(errorOf(action)).toMatch(/^FEWBIT_INFERENCE_INVALID: .*after it was submitted/);
    }
    x.release();
    layer.release();
  });
});
