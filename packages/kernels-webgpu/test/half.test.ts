import { FewbitError } from '@fewbit/core';
import { linearConformance, randomActivations, seededRandom } from '@fewbit/core/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { probeWebgpu, type WebgpuBackend, type WebgpuBackendOptions } from '../src/index.ts';
import { adapter, gpu, sharedBackend } from './helpers/adapter.ts';
import { miscompiling, openDevice } from './helpers/device.ts';
import { errorOf, reference, trialNamed } from './helpers/layers.ts';

const hasF16 = adapter?.features.has('shader-f16') ?? false;
if (adapter !== null && !hasF16) {
  const advice = 'VK_ICD_FILENAMES names another one: see the README';
  process.stderr.write(`\nSKIPPED: layers in f16, for this adapter has no shader-f16 (${advice})\n`);
}

/** Prefill is in tiles, unless a test says otherwise: from registers it is as in f32, which has its suite. */
async function openHalf(options: WebgpuBackendOptions = {}): Promise<WebgpuBackend> {
  const { backend, reason } = await probeWebgpu({ gpu, precision: 'f16', without: ['quads', 'octets'], ...options });
  if (backend === null) throw new Error(reason);
  return backend;
}

test('a precision that there is not is refused, with those that there are', async () => {
  const { precision } = JSON.parse('{"precision": "f8"}') as { precision: 'f16' };
  const error: unknown = await probeWebgpu({ gpu, precision }).catch((cause: unknown) => cause);
  expect(FewbitError.isInstance(error) ? [error.code, error.allowed] : error).toEqual([
    ...['FEWBIT_INFERENCE_INVALID', '"f32" or "f16"'],
  ]);
});

describe.skipIf(adapter === null)('a backend', () => {
  test('that was not asked for f16 takes no shader-f16 of its device, and keeps to 1e-5', async () => {
    const { device, report } = await sharedBackend();
    expect(device.features.has('shader-f16')).toBe(false);
    expect(report()).toMatchObject({ precision: 'f32', bound: 1e-5 });
    expect(report().variants.filter(({ variant }) => variant.includes('f16'))).toEqual([]);
  });

  test.skipIf(hasF16)('asked for f16 on an adapter without it says so, and is one of f32', async () => {
    const backend = await openHalf({ kernels: [] });
    expect(backend.report()).toMatchObject({ precision: 'f32', bound: 1e-5 });
    backend.close();
  });
});

describe.skipIf(!hasF16)('linear layers in f16', () => {
  let shared: Promise<WebgpuBackend> | undefined;
  const half = (): Promise<WebgpuBackend> => (shared ??= openHalf());
  const create = async (): Promise<WebgpuBackend> => ({ ...(await half()), close: () => undefined });
  afterAll(async () => {
    (await shared)?.close();
  });

  for (const { name, run } of linearConformance({ name: 'webgpu in f16', create }, 2e-3)) test(name, run, 300_000);

  test('take an f16 variant of every kernel but the exact one, which keeps its bits', async () => {
    const { precision, bound, variants, rejected } = (await half()).report();
    expect({ precision, bound, rejected }).toEqual({ precision: 'f16', bound: 2e-3, rejected: [] });
    for (const { kernel, variant } of variants.filter((one) => one.kernel.includes(','))) {
      expect([kernel, variant.includes('f16')]).toEqual([kernel, !kernel.endsWith('codes exact')]);
    }
  });

  test('keep their bound for weights far below and far above what f16 holds', async () => {
    const { inference } = await half();
    const random = seededRandom(11);
    for (const factor of [2 ** -40, 2 ** 40]) {
      const { weight, ...rest } = trialNamed('a float weight').request(random, [16, 96], 'F32');
      const values = randomActivations(random, 16 * 96, 'F32').map((value) => value * factor);
      const request = {
        ...rest,
        bias: null,
        weight: { ...weight, kind: 'float', dtype: 'F32', values: new Uint8Array(values.buffer) },
      } as const;
      const x = randomActivations(random, 9 * 96, 'F32');
      const layer = await inference.loadLinear(request);
      expect((await errorOf(request, x, await layer.forward(x))).relative).toBeLessThan(2e-3);
      layer.release();
    }
  });

  test('keep their bound where subgroups are narrow and prefill needs no tiles', async () => {
    const backend = await openHalf({ kernels: [], without: [] });
    const random = seededRandom(15);
    for (const name of ['int4 groups', 'plain int4', 'int8 rows', 'a float weight']) {
      const request = trialNamed(name).request(random, [24, 64], 'F32');
      const layer = await backend.inference.loadLinear(request);
      const x = randomActivations(random, 9 * 64, 'F32');
      expect((await errorOf(request, x, await layer.forward(x))).relative).toBeLessThan(backend.report().bound);
      layer.release();
    }
    const { rejected, variants } = backend.report();
    expect(rejected).toEqual([]);
    const narrow = (adapter?.info.subgroupMinSize ?? Infinity) <= 16;
    for (const { kernel, variant } of variants.filter((one) => one.kernel.startsWith('prefill'))) {
      expect([kernel, variant.includes('f16'), /quads|octets/.test(variant)]).toEqual([kernel, true, narrow]);
    }
    backend.close();
  });

  test('are in f32 where the adapter computes f16 wrongly', async () => {
    const device = await openDevice(['shader-f16']);
    const wrong = miscompiling(device, (code) => code.replaceAll(' * params.toTile', ' * (2.0 * params.toTile)'));
    const backend = await openHalf({ device: wrong, kernels: [] });
    const random = seededRandom(12);
    const request = trialNamed('int8 rows').request(random, [24, 64], 'F32');
    const layer = await backend.inference.loadLinear(request);
    const x = randomActivations(random, 9 * 64, 'F32');
    expect((await errorOf(request, x, await layer.forward(x))).relative).toBeLessThan(1e-5);
    const { rejected, variants } = backend.report();
    expect(rejected.map(({ kernel, variant, verdict }) => [kernel, variant, verdict])).toEqual([
      ['prefill, floats int8', 'f16', 'wrong'],
    ]);
    const used = variants.find(({ kernel, verdict }) => kernel === 'prefill, floats int8' && verdict === 'right');
    expect(used?.variant).not.toContain('f16');
    backend.close();
    device.destroy();
  });

  test('of int8 rows under int8 activations have the reference’s bits still', async () => {
    const request = trialNamed('int8 rows under int8 activations').request(seededRandom(13), [24, 64], 'F32');
    const layer = await (await half()).inference.loadLinear(request);
    const x = randomActivations(seededRandom(14), 9 * 64, 'F32');
    expect(await layer.forward(x)).toEqual(await (await reference.loadLinear(request)).forward(x));
    layer.release();
  });
});
