import { FewbitError } from '@fewbit/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLayerMemory, MOST_PAGES, type LayerMemory } from '../../src/inference/layer-memory.ts';
import { moduleBytes } from '../../src/module/choose.ts';
import { instantiate } from '../../src/module/kernels.ts';

const module = await WebAssembly.compile(moduleBytes('plain'));

function layerMemory(maximum: number): LayerMemory {
  const memory = new WebAssembly.Memory({ initial: 1, maximum });
  return createLayerMemory(instantiate(module, memory), memory, 1);
}

const refused = (error: unknown): boolean =>
  FewbitError.isInstance(error) && error.code === 'FEWBIT_INFERENCE_INVALID' && error.message.includes('2147483648');

describe('the memory of layers', () => {
  it('keeps what was put into each piece until it is freed, while it grows', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('allocate' as const), size: fc.integer({ min: 0, max: 400_000 }) }),
      fc.record({ kind: fc.constant('free' as const), which: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const memory = layerMemory(MOST_PAGES);
        const held: { readonly address: number; readonly size: number; readonly mark: number }[] = [];
        for (const [at, one] of steps.entries()) {
          if (one.kind === 'allocate') {
            const address = memory.allocate(one.size);
            memory.bytes(address, one.size).fill(at + 1);
            held.push({ address, size: one.size, mark: at + 1 });
          } else if (held.length > 0) {
            for (const { address } of held.splice(one.which % held.length, 1)) memory.free(address);
          }
          for (const { address, size, mark } of held) {
            expect(address % 64).toBe(0);
            expect(memory.bytes(address, size).every((byte) => byte === mark)).toBe(true);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('says so where more than 2 GiB are needed, or more than the machine gives', () => {
    const memory = layerMemory(MOST_PAGES);
    expect(() => memory.allocate(2 ** 31)).toThrow(expect.toSatisfy(refused));
    const small = layerMemory(4);
    const first = small.allocate(65536);
    expect(() => small.allocate(2 ** 20)).toThrow(expect.toSatisfy(refused));
    small.free(first);
    expect(small.allocate(65536)).toBe(first);
  });
});
