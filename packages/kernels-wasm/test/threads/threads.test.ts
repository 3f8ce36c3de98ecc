import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  createReferenceBackend,
  FewbitError,
  fromFloat32,
  type Backend,
  type BackendFactory,
  type LinearLayer,
  type LinearRequest,
} from '@fewbit/core';
import { linearConformance } from '@fewbit/core/testing';
import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { createWasmBackend, type ModuleVariant, type WasmBackend } from '../../src/index.ts';
import { inferenceOver } from '../../src/inference/inference.ts';
import { startThreads } from '../../src/threads/start-threads.ts';

const VARIANTS: readonly ModuleVariant[] = ['plain', 'relaxed'];

/** Layers whose every step is split, however little there is to do. */
function splitting(variant: ModuleVariant): BackendFactory {
  return {
    name: variant,
    create: async (): Promise<Backend> => {
      const threads = await startThreads(variant, 2, 0);
      if (typeof threads === 'string') throw new Error(threads);
      const { quantizing } = createReferenceBackend();
      const inference = inferenceOver(threads.memory, threads.runner);
      return { name: variant, quantizing, inference, close: threads.close };
    },
  };
}

describe.each(VARIANTS)('layers on two threads in the %s module', (variant) => {
  for (const { name, run } of linearConformance(splitting(variant))) test(name, run);
});

function layerOf(outFeatures: number, inFeatures: number): LinearRequest {
  const blocks = (outFeatures * inFeatures) / 32;
  return {
    weight: {
      ...{ kind: 'affine', outFeatures, inFeatures, bits: 4, zeroPoint: null },
      qdata: new Int8Array(outFeatures * inFeatures).map((_, at) => ((at * 7 + (at >> 5)) % 16) - 8),
      view: { outer: blocks, length: 32, inner: 1 },
      scale: fromFloat32(
        new Float32Array(blocks).map((_, at) => 0.01 + (at % 9) / 100),
        'F32',
      ).slice(),
      scaleDtype: 'F32',
    },
    bias: null,
    activations: {
      ...{ mapping: 'ASYMMETRIC', qmin: -128, qmax: 127, eps: 2 ** -20, scaleDtype: 'F32', granularity: 'row' },
    },
    dtype: 'F32',
  };
}

const activations = (count: number): Float32Array => new Float32Array(count).map((_, at) => Math.sin(at));

/** A layer that is worth splitting, on some threads: its results for 1 row and for 7. */
async function results(
  threads: number,
): Promise<{ readonly backend: WasmBackend; readonly y: readonly Float32Array[] }> {
  const backend = await createWasmBackend({ threads });
  if (backend === null) throw new Error('no layers here');
  const layer = await backend.inference.loadLinear(layerOf(2100, 2048));
  const y: Float32Array[] = [];
  for (const rows of [1, 7]) y.push((await layer.forward(activations(rows * 2048))).slice());
  return { backend, y };
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe('a backend with threads', () => {
  it('gives the bits of one thread', async () => {
    const [one, three] = [await results(1), await results(3)];
    expect(three.backend).toMatchObject({ threads: 3, threadsLacking: null });
    expect(three.backend.name).toMatch(/^wasm-\w+-3-threads$/);
    expect(three.y).toEqual(one.y);
    three.backend.close();
    three.backend.close();
  });

  it('gives the same where the calling thread may not block, in the order of the calls', async () => {
    const expected = (await results(1)).y;
    vi.spyOn(Atomics, 'wait').mockImplementation(() => {
      throw new TypeError('Atomics.wait cannot be called in this context');
    });
    const backend = await createWasmBackend({ threads: 2 });
    if (backend === null) throw new Error('no layers here');
    expect(backend.threads).toBe(2);
    const layer = await backend.inference.loadLinear(layerOf(2100, 2048));
    const [first, second] = [layer.forward(activations(2048)), layer.forward(activations(7 * 2048))];
    layer.release();
    expect([await first, await second]).toEqual(expected);
    backend.close();
  });

  it('gives the bits of one thread in thousands of short runs, whose steps follow each other at once', async () => {
    const inference = async (
      threads: number,
      worthSplitting: number,
    ): Promise<Pick<WasmBackend, 'inference' | 'close'>> => {
      const started = await startThreads('plain', threads, worthSplitting);
      if (typeof started === 'string') throw new Error(started);
      return { inference: inferenceOver(started.memory, started.runner), close: started.close };
    };
    const [alone, shared] = [await inference(2, Infinity), await inference(3, 0)];
    const requests = [layerOf(24, 64), layerOf(40, 32), { ...layerOf(72, 32), activations: null }];
    const layers: (readonly [LinearLayer, LinearLayer])[] = [];
    for (const request of requests) {
      layers.push([await alone.inference.loadLinear(request), await shared.inference.loadLinear(request)]);
    }
    for (let round = 0; round < 3000; round += 1) {
      for (const [one, several] of layers) {
        const x = activations((1 + (round % 5)) * one.inFeatures);
        expect(await several.forward(x)).toEqual(await one.forward(x));
      }
    }
    alone.close();
    shared.close();
  });

  it('runs on one thread and says why where memory cannot be shared', async () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    const { backend, y } = await results(4);
    expect(backend).toMatchObject({ threads: 1 });
    expect(backend).toHaveProperty('threadsLacking', expect.stringContaining('cross-origin isolated'));
    expect(backend.name).not.toContain('threads');
    vi.unstubAllGlobals();
    expect(y).toEqual((await results(1)).y);
  });

  it('runs on one thread and says why where nothing can be waited for, and where workers do not start', async () => {
    vi.spyOn(Atomics, 'wait').mockImplementation(() => {
      throw new TypeError('Atomics.wait cannot be called in this context');
    });
    vi.stubGlobal('Atomics', Object.assign(Object.create(Atomics), { waitAsync: undefined }));
    expect((await createWasmBackend({ threads: 2 }))?.threadsLacking).toContain('Atomics.waitAsync');
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    vi.stubGlobal('process', { getBuiltinModule: () => undefined });
    vi.stubGlobal('Worker', undefined);
    expect((await createWasmBackend({ threads: 2 }))?.threadsLacking).toBe('there are no workers');
    vi.stubGlobal('Worker', function () {
      throw new Error('refused by the policy of the page');
    });
    expect((await createWasmBackend({ threads: 2 }))?.threadsLacking).toContain('refused by the policy of the page');
  });

  it.each([0, -1, 1.5, NaN, 65])('refuses %s threads', async (threads) => {
    await expect(createWasmBackend({ threads })).rejects.toSatisfy(
      (error) => FewbitError.isInstance(error) && error.code === 'FEWBIT_INFERENCE_INVALID',
    );
  });

  it('lets a program end that has not closed it', async () => {
    const index = fileURLToPath(new URL('../../src/index.ts', import.meta.url));
    const program = `
      const { createWasmBackend } = await import(${JSON.stringify(index)});
      const backend = await createWasmBackend({ threads: 2 });
      console.log(backend.threads);`;
    const args = ['-C', '@fewbit/source', '--input-type=module', '-e', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
    expect(stdout.trim()).toBe('2');
  }, 60_000);
});
