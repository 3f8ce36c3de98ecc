import type { ActivationQuantization, LinearRequest, LinearWeight } from '@fewbit/core';
import { describe, expect, test } from 'vitest';
import { createWasmBackend, type ModuleVariant } from '../../src/index.ts';
import { bytesOf, randomFrom, valuesOf } from './operations.ts';

/** Weights of megabytes: a layer reads smaller ones in one direction only. Neither dimension is a multiple of what kernels take at once. */
const N = 2101;
const K = 2080;

const ACTIVATIONS: ActivationQuantization = {
  ...{ mapping: 'ASYMMETRIC', qmin: -128, qmax: 127, eps: 2 ** -20, scaleDtype: 'F32', granularity: 'row' },
};

const random = randomFrom(11);

function affine(bits: number, length: number): LinearWeight {
  const half = 2 ** (bits - 1);
  return {
    ...{ kind: 'affine', outFeatures: N, inFeatures: K, bits, scaleDtype: 'F32', zeroPoint: null },
    qdata: new Int8Array(N * K).map(() => Math.floor(random() * 2 * half) - half),
    view: { outer: (N * K) / length, length, inner: 1 },
    scale: bytesOf('F32', (N * K) / length, () => 0.01 + random() / 100),
  };
}

const REQUESTS: Readonly<Record<string, LinearRequest>> = {
  'int8 by rows': { weight: affine(8, K), bias: null, activations: ACTIVATIONS, dtype: 'F32' },
  'int4 in groups': { weight: affine(4, 32), bias: null, activations: ACTIVATIONS, dtype: 'F32' },
  'int8 under floats': { weight: affine(8, K), bias: null, activations: null, dtype: 'F32' },
};

const x = valuesOf('F32', K, (at) => Math.sin(at));
const z = valuesOf('F32', K, (at) => Math.cos(at * 3) * 2);
const several = valuesOf('F32', 7 * K, (at) => Math.sin(at * 5));

const VARIANTS: readonly ModuleVariant[] = ['plain', 'relaxed'];
const cases = VARIANTS.flatMap((variant) => [1, 2].map((threads) => ({ variant, threads })));

describe.each(cases)('layers that run again and again, $variant, $threads threads', ({ variant, threads }) => {
  test.each(Object.keys(REQUESTS))(
    '%s: give what they give when they run once, also where they read backwards',
    async (name) => {
      const request = REQUESTS[name];
      const backend = await createWasmBackend({ modules: [variant], threads });
      if (backend === null || request === undefined) throw new Error('no such layer here');
      expect(backend.threads).toBe(threads);
      const once = async (input: Float32Array): Promise<Float32Array> => {
        const layer = await backend.inference.loadLinear(request);
        const y = await layer.forward(input);
        layer.release();
        return y;
      };
      const layer = await backend.inference.loadLinear(request);
      for (const input of [x, z, x, several, z, x, several, several, x, z]) {
        const seen = (await layer.forward(input)).slice();
        expect(await once(input)).toEqual(seen);
      }
      backend.close();
    },
  );
});
