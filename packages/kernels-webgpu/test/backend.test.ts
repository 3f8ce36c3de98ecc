import { FewbitError } from '@fewbit/core';
import { randomActivations, seededRandom } from '@fewbit/core/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { createWebgpuBackend, probeWebgpu, type WebgpuBackend, type WebgpuBackendOptions } from '../src/index.ts';
import { adapter, gpu, sharedBackend } from './helpers/adapter.ts';
import { counting, miscompiling, openDevice } from './helpers/device.ts';
import { errorOf, reference, trialNamed } from './helpers/layers.ts';

const exactRows = trialNamed('int8 rows under int8 activations');
const opened: { close: () => void; destroy?: () => void }[] = [];

afterAll(() => {
  for (const { close, destroy } of opened) {
    close();
    destroy?.();
  }
});

async function open(options: WebgpuBackendOptions): Promise<WebgpuBackend> {
  const { backend, reason } = await probeWebgpu({ gpu, ...options });
  if (backend === null) throw new Error(reason);
  opened.push(backend);
  return backend;
}

async function codeOf(action: Promise<unknown>): Promise<string> {
  try {
    await action;
  } catch (error) {
    return FewbitError.isInstance(error) ? error.code : String(error);
  }
  return 'none';
}

test('where there is no WebGPU or no adapter, there is null, and a probe says which', async () => {
  const nobody = { requestAdapter: () => Promise.resolve(null), wgslLanguageFeatures: new Set<string>() };
  expect(await createWebgpuBackend({ gpu: nobody })).toBeNull();
  expect((await probeWebgpu({ gpu: nobody })).reason).toMatch(/no adapter/);
  expect((await probeWebgpu()).reason).toMatch(/no WebGPU/);
});

describe.skipIf(adapter === null)('a backend', () => {
  test('counts as many buffers as the device does, gives back a layer’s, keeps no more after many runs, and frees all', async () => {
    const { device, live } = counting(await openDevice());
    const backend = await open({ device, kernels: ['codes exact'] });
    const random = seededRandom(1);
    const before = live();
    expect(backend.report().memory.buffers).toBe(before);
    const layer = await backend.inference.loadLinear(exactRows.request(random, [24, 64], 'F32'));
    const loaded = live();
    expect(loaded).toBeGreaterThan(before);
    const x = randomActivations(random, 6 * 64, 'F32');
    await layer.forward(x);
    const warm = live();
    for (let i = 0; i < 5; i += 1) await layer.forward(x);
    expect(live()).toBe(warm);
    expect(backend.report().memory.buffers).toBe(warm);
    layer.release();
    layer.release();
    expect(live()).toBe(warm - (loaded - before));
    backend.close();
    backend.close();
    expect(live()).toBe(0);
    expect(await codeOf(layer.forward(x))).toBe('FEWBIT_BACKEND_UNAVAILABLE');
    device.destroy();
  });

  test('of a lost device says so by a typed error, and a new one runs the layers again', async () => {
    const device = await openDevice();
    const backend = await open({ device, kernels: [] });
    const random = seededRandom(2);
    const request = exactRows.request(random, [24, 64], 'F32');
    const layer = await backend.inference.loadLinear(request);
    const x = randomActivations(random, 2 * 64, 'F32');
    const running = layer.forward(x);
    device.destroy();
    expect(await codeOf(running)).toMatch(/none|FEWBIT_BACKEND_UNAVAILABLE/);
    await device.lost;
    expect(await codeOf(layer.forward(x))).toBe('FEWBIT_BACKEND_UNAVAILABLE');
    expect(await codeOf(backend.inference.loadLinear(request))).toBe('FEWBIT_BACKEND_UNAVAILABLE');
    expect(backend.report().lost).toMatch(/lost/);

    const again = await (await sharedBackend()).inference.loadLinear(request);
    expect(await again.forward(x)).toEqual(await (await reference.loadLinear(request)).forward(x));
    again.release();
  });

  test('does not use a variant that the adapter computes wrongly, and names it', async () => {
    const device = await openDevice();
    const wrong = miscompiling(device, (code) =>
      code.replace('return dot4I8Packed(a, b);', 'return dot4I8Packed(a, b) / 2;'),
    );
    const backend = await open({ device: wrong, kernels: ['codes int8'] });
    const { rejected, variants } = backend.report();
    expect(rejected.map(({ kernel, verdict }) => [kernel, verdict])).toContainEqual(['decode 1, codes int8', 'wrong']);
    expect(rejected.every(({ variant }) => variant.startsWith('dot4I8Packed'))).toBe(true);
    const right = variants.filter(({ kernel, verdict }) => verdict === 'right' && kernel.endsWith('codes int8'));
    expect(right.map(({ kernel }) => kernel).sort()).toEqual([
      ...['decode 1, codes int8', 'decode 4, codes int8', 'prefill, codes int8'],
    ]);
    expect(right.every(({ variant }) => variant.startsWith('shifts'))).toBe(true);
    device.destroy();
  });

  test('is null where no variant is right, with what was seen', async () => {
    const device = await openDevice();
    const wrong = miscompiling(device, (code) =>
      code.replace('return bitcast<f32>(bitcast<u32>(value) ^', 'return 2.0 * bitcast<f32>(bitcast<u32>(value) ^'),
    );
    const { backend, reason, report } = await probeWebgpu({ gpu, device: wrong, kernels: ['codes exact'] });
    expect(backend).toBeNull();
    expect(reason).toMatch(/no kernel is right on the adapter ".*": (decode|prefill).* wrong, .* instead of/);
    expect(report?.rejected.length).toBeGreaterThan(3);
    device.destroy();
  });

  test('without features of the adapter gives the same bits', async () => {
    const plain = await open({ kernels: ['codes exact'], without: ['packedDot', 'subgroups'] });
    const ofLayers = plain.report().variants.filter(({ kernel }) => kernel.endsWith('codes exact'));
    expect(ofLayers.map(({ variant }) => variant).sort()).toEqual([
      ...['shifts', 'shifts, workgroup tree', 'shifts, workgroup tree'],
    ]);
    const random = seededRandom(3);
    const request = exactRows.request(random, [33, 127], 'BF16');
    const layer = await plain.inference.loadLinear(request);
    const expected = await reference.loadLinear(request);
    for (const rows of [1, 3, 9]) {
      const x = randomActivations(random, rows * 127, 'BF16');
      expect(await layer.forward(x)).toEqual(await expected.forward(x));
    }
  });

  test('has prefill kernels for wide subgroups that are right on a narrow one, too', async () => {
    const wide = await open({ kernels: ['codes int8', 'codes int4', 'floats int4'], without: ['quads', 'octets'] });
    const prefill = wide.report().variants.filter(({ kernel }) => kernel.startsWith('prefill'));
    expect(prefill.map(({ verdict }) => verdict)).toEqual(Array(3).fill('right'));
    expect(prefill.filter(({ variant }) => /quads|octets/.test(variant))).toEqual([]);
  });

  test('splits a weight, activations and dispatches that exceed limits', async () => {
    const limits = { maxStorageBufferBindingSize: 65536, maxComputeWorkgroupsPerDimension: 2 };
    const backend = await open({ limits, kernels: ['codes exact', 'floats int4'] });
    const random = seededRandom(4);
    for (const name of [
      'int8 rows under asymmetric activations',
      'plain int4',
      'int8, one block, under one block of activations',
    ]) {
      const request = trialNamed(name).request(random, [331, 353], 'F32');
      const layer = await backend.inference.loadLinear(request);
      expect(layer.packing).toMatch(/[23] parts/);
      const rows = name === 'plain int4' ? 17 : 70;
      const x = randomActivations(random, rows * layer.inFeatures, 'F32');
      const seen = await layer.forward(x);
      if (trialNamed(name).exact) expect(seen).toEqual(await (await reference.loadLinear(request)).forward(x));
      else expect((await errorOf(request, x, seen)).relative).toBeLessThan(1e-5);
      layer.release();
    }
    const wide = trialNamed('a float weight').request(random, [1, 20000], 'F32');
    expect(await codeOf(backend.inference.loadLinear(wide))).toBe('FEWBIT_INFERENCE_INVALID');
  });

  test('keeps results on the device from layer to layer, in one command buffer, with the bits of one layer at a time', async () => {
    const backend = await sharedBackend();
    const random = seededRandom(5);
    const first = await backend.inference.loadLinear(exactRows.request(random, [40, 96], 'F32'));
    const second = await backend.inference.loadLinear(trialNamed('plain int4').request(random, [7, 40], 'F32'));
    const x = randomActivations(random, 5 * 96, 'F32');
    const expected = (await second.forward(await first.forward(x))).slice();

    const before = backend.report().memory.buffers;
    const input = backend.upload(x, 96);
    const pass = backend.begin();
    const between = pass.run(first, input);
    const output = pass.run(second, between);
    pass.submit();
    expect([output.rows, output.columns]).toEqual([5, 7]);
    expect(await backend.read(output)).toEqual(expected);
    expect(() => backend.begin().run(first, output)).toThrow(/7 columns/);
    for (const tensor of [input, between, output]) tensor.release();
    expect(backend.report().memory.buffers - before).toBeLessThanOrEqual(2);
    first.release();
    second.release();
    expect(() => backend.begin().run(first, input)).toThrow(/released/);
  });

  test('runs layers of one backend at once', async () => {
    const { inference } = await sharedBackend();
    const random = seededRandom(6);
    const layers = await Promise.all(
      [8, 9, 40].map((rows) => inference.loadLinear(exactRows.request(random, [rows, 64], 'F32'))),
    );
    const x = randomActivations(random, 3 * 64, 'F32');
    const oneByOne: Float32Array[] = [];
    for (const layer of layers) oneByOne.push((await layer.forward(x)).slice());
    expect(await Promise.all(layers.map((layer) => layer.forward(x)))).toEqual(oneByOne);
    for (const layer of layers) layer.release();
  });

  test('compiles each pipeline once', async () => {
    const backend = await sharedBackend();
    const before = backend.report().pipelines;
    const request = exactRows.request(seededRandom(7), [24, 64], 'F32');
    for (let i = 0; i < 2; i += 1) (await backend.inference.loadLinear(request)).release();
    expect(backend.report().pipelines).toBe(before);
  });
});
