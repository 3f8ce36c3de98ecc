import { describe, expect, test } from 'vitest';
import { createReferenceBackend, referenceBackend, type BackendFactory, type LinearLayer } from '../../src/index.ts';
import { linearConformance } from '../../src/testing/index.ts';

describe('the reference backend', () => {
  for (const { name, run } of linearConformance(referenceBackend)) test(name, run);
});

/** The reference with a layer's results changed. */
function tampered(change: (y: Float32Array, layer: LinearLayer) => Float32Array): BackendFactory {
  const create = () => {
    const backend = createReferenceBackend();
    const { inference } = backend;
    if (inference === null) throw new Error('the reference runs layers');
    return {
      ...backend,
      inference: {
        loadLinear: async (request: Parameters<typeof inference.loadLinear>[0]) => {
          const layer = await inference.loadLinear(request);
          return { ...layer, forward: async (x: Float32Array) => change(await layer.forward(x), layer) };
        },
      },
    };
  };
  return { name: 'tampered', create };
}

describe('the suite lets a wrong backend pass:', () => {
  test.each<[string, (y: Float32Array, layer: LinearLayer) => Float32Array]>([
    ['one that is a ten-thousandth off', (y) => y.map((value) => value * 1.0001)],
    ['one that forgets the last row', (y, { outFeatures }) => y.fill(0, Math.max(0, y.length - outFeatures))],
    ['one that gives a result too many', (y) => Float32Array.of(...y, 0)],
  ])('%s', async (_, change) => {
    let failed = 0;
    for (const { run } of linearConformance(tampered(change))) await run().catch(() => (failed += 1));
    expect(failed).toBeGreaterThan(40);
  });
});
