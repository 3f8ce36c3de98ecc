import { backendConformance } from '@fewbit/core/testing';
import { describe, expect, test } from 'vitest';
import { createWebgpuBackend } from '../../src/index.ts';
import { adapter, gpu, sharedBackend, unclosable } from '../helpers/adapter.ts';
import { countingDispatches, miscompiling, openDevice } from '../helpers/device.ts';

const view = { outer: 2, length: 32, inner: 1 };
const request = { input: new Uint8Array(128).fill(63), dtype: 'BF16', view } as const;

describe.skipIf(adapter === null)('quantizing on the GPU', () => {
  test('is done there by every kernel, for all were found right', async () => {
    expect((await sharedBackend()).report().quantizing).toEqual({
      ...{ blockMinMax: 'gpu', quantizeAffine: 'gpu', quantizeInt4: 'gpu' },
      ...{ dequantizeAffine: 'reference', dequantizeInt4: 'reference' },
      ...{ measureHqqScaleOnly: 'reference', quantizeHqqScaleOnly: 'reference' },
    });
  });

  test('promises the reference’s bits', async () => {
    expect((await sharedBackend()).quantizing.exactness).toBe('bit-exact');
  });

  test('runs on the device where the report says so: extremes are one dispatch, codes two', async () => {
    const { device, taken } = countingDispatches(await openDevice());
    const backend = await createWebgpuBackend({ gpu, device, kernels: [] });
    taken();
    await backend?.quantizing.blockMinMax(request);
    expect(taken()).toBe(1);
    await backend?.quantizing.quantizeInt4(request);
    expect(taken()).toBe(2);
    await backend?.quantizing.measureHqqScaleOnly({ ...request, qmin: -8, qmax: 7 });
    expect(taken()).toBe(0);
    backend?.close();
    device.destroy();
  });

  test.each([
    ['block extremes', 'lane + half', 'lane', ['reference', 'reference', 'reference']],
    ['short block extremes', 'block, 0u, 1u', 'block, 1u, 1u', ['reference', 'reference', 'reference']],
    ['affine codes', 'round(product)', 'floor(product)', ['gpu', 'reference', 'gpu']],
    ['int4 codes', 'round(quotient)', 'floor(quotient)', ['gpu', 'gpu', 'reference']],
  ] as const)(
    'by a kernel that the adapter computes wrongly is the reference’s: %s',
    async (kernel, from, to, places) => {
      const device = await openDevice();
      const wrong = miscompiling(device, (code) => code.replace(from, to));
      const backend = await createWebgpuBackend({ gpu, device: wrong, kernels: [] });
      const { quantizing, rejected } = backend?.report() ?? {};
      expect([quantizing?.blockMinMax, quantizing?.quantizeAffine, quantizing?.quantizeInt4]).toEqual(places);
      expect(rejected?.map((one) => [one.kernel, one.verdict])).toEqual([[kernel, 'wrong']]);
      backend?.close();
      device.destroy();
    },
  );

  test('refuses a view that does not cover its elements, as the reference does', async () => {
    const { quantizing } = await sharedBackend();
    const wrong = { ...request, view: { ...view, outer: 3 } };
    await expect((async () => quantizing.blockMinMax(wrong))()).rejects.toMatchObject({ code: 'FEWBIT_PLAN_INVALID' });
  });

  for (const { name, run } of backendConformance({ name: 'webgpu', create: unclosable })) test(name, run);
});
