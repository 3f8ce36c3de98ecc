import { describe, expect, test } from 'vitest';
import {
  createReferenceBackend,
  referenceBackend,
  type BackendFactory,
  type Exactness,
  type FloatDtype,
  type QuantizingOperations,
} from '../../src/index.ts';
import { backendConformance, type ConformanceCase } from '../../src/testing/index.ts';

describe('the reference backend', () => {
  for (const { name, run } of backendConformance(referenceBackend)) test(name, run);
});

/** The reference with some operations replaced. */
function tampered(change: (operations: QuantizingOperations) => Partial<QuantizingOperations>): BackendFactory {
  const create = () => {
    const backend = createReferenceBackend();
    return { ...backend, quantizing: { ...backend.quantizing, ...change(backend.quantizing) } };
  };
  return { name: 'tampered', create };
}

async function failures(cases: readonly ConformanceCase[]): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of cases) await run().catch(() => failed.push(name));
  return failed;
}

describe('the suite lets a wrong backend pass:', () => {
  const wrong: readonly [string, (operations: QuantizingOperations) => Partial<QuantizingOperations>][] = [
    [
      'blockMinMax that overlooks NaN',
      ({ blockMinMax }) => ({
        blockMinMax: async (request) => {
          const { min, max } = await blockMinMax(request);
          return { min: min.map((value) => (Number.isNaN(value) ? 0 : value)), max };
        },
      }),
    ],
    [
      'quantizeAffine that is one code off at a tie',
      ({ quantizeAffine }) => ({
        quantizeAffine: async (request) => {
          const result = await quantizeAffine(request);
          const last = result.qdata.length - 1;
          if (result.qdata[last] === -2) result.qdata[last] = -1;
          return result;
        },
      }),
    ],
    [
      'quantizeAffine that ignores given extremes',
      ({ quantizeAffine }) => ({
        quantizeAffine: (request) => quantizeAffine({ ...request, extremes: null }),
      }),
    ],
    [
      'quantizeAffine that rounds products to the scale dtype',
      ({ quantizeAffine }) => ({
        quantizeAffine: (request) => quantizeAffine({ ...request, scaleDtype: request.dtype }),
      }),
    ],
    [
      'quantizeInt4 with the halves of a byte exchanged',
      ({ quantizeInt4 }) => ({
        quantizeInt4: async (request) => {
          const result = await quantizeInt4(request);
          return { ...result, packed: result.packed.map((byte) => (byte << 4) | (byte >>> 4)) };
        },
      }),
    ],
    [
      'quantizeHqqScaleOnly that makes one iteration fewer',
      ({ quantizeHqqScaleOnly }) => ({
        quantizeHqqScaleOnly: (request) => quantizeHqqScaleOnly({ ...request, iterations: request.iterations - 1 }),
      }),
    ],
    [
      'an operation that scribbles on its input',
      ({ quantizeInt4 }) => ({
        quantizeInt4: (request) => {
          const result = quantizeInt4(request);
          request.input.fill(0);
          return result;
        },
      }),
    ],
    [
      'statistics that the next operation overwrites',
      ({ blockMinMax }) => {
        const memory = new Float32Array(2 ** 16);
        return {
          blockMinMax: async (request) => {
            const { min, max } = await blockMinMax(request);
            memory.set(min);
            return { min: memory.subarray(0, min.length), max };
          },
        };
      },
    ],
    [
      'allocate that hands out the memory of the last result',
      ({ quantizeAffine }) => {
        let last = new ArrayBuffer(2 ** 16);
        return {
          quantizeAffine: async (request) => {
            const result = await quantizeAffine(request);
            last = new ArrayBuffer(result.qdata.length);
            const qdata = new Int8Array(last);
            qdata.set(result.qdata);
            return { ...result, qdata };
          },
          allocate: (length: number) =>
            length < last.byteLength ? new Uint8Array(last, 0, length) : new Uint8Array(length),
        };
      },
    ],
    [
      'allocate that hands out one buffer twice',
      () => {
        const heap = new Uint8Array(65536);
        return { allocate: (length: number) => heap.subarray(0, length) };
      },
    ],
  ];
  test.each(wrong)('%s', async (_, change) => {
    expect(await failures(backendConformance(tampered(change)))).not.toEqual([]);
  });

  test('a backend that says nothing of how exact it is', async () => {
    const silent = tampered(() => ({ exactness: undefined as unknown as 'bit-exact' }));
    expect(await failures(backendConformance(silent))).toEqual([expect.stringContaining('says how exact')]);
  });

  test('a backend that the environment lacks', async () => {
    const cases = backendConformance({ name: 'absent', create: () => null });
    expect(await failures(cases)).toHaveLength(cases.length);
  });
});

describe('the suite holds a backend to what it promises, no more and no less:', () => {
  /** Scales one unit above the reference's, codes one step below it. */
  const near = (exactness: Exactness): BackendFactory =>
    tampered(({ quantizeAffine, quantizeInt4 }) => ({
      exactness,
      quantizeAffine: async (request) => {
        const result = await quantizeAffine(request);
        return {
          ...result,
          scale: nextUp(result.scale, request.scaleDtype),
          qdata: result.qdata.map((code) => Math.max(code - 1, -128)),
        };
      },
      quantizeInt4: async (request) => {
        const result = await quantizeInt4(request);
        return { ...result, packed: result.packed.map((byte) => ((byte & 7) === 0 ? byte : byte - 1)) };
      },
    }));

  test('one unit and one step are within a bound of one', async () => {
    expect(await failures(backendConformance(near({ unitsInLastPlace: 1, steps: 1 })))).toEqual([]);
  });

  test.each([{ unitsInLastPlace: 0, steps: 1 }, { unitsInLastPlace: 1, steps: 0 }, 'bit-exact'] as const)(
    'they are not within %j',
    async (exactness) => {
      const failed = await failures(backendConformance(near(exactness)));
      expect(failed.some((name) => name.startsWith('quantizeAffine'))).toBe(true);
      expect(failed.every((name) => name.startsWith('quantize'))).toBe(true);
    },
  );
});

/** Each positive number and 0 as the next larger one of its dtype. */
function nextUp(bytes: Uint8Array, dtype: FloatDtype): Uint8Array {
  const copy = bytes.slice();
  const words = dtype === 'F32' ? new Uint32Array(copy.buffer) : new Uint16Array(copy.buffer);
  const infinity = { F32: 0x7f80_0000, BF16: 0x7f80, F16: 0x7c00 }[dtype];
  for (const [at, word] of words.entries()) if (word < infinity) words[at] = word + 1;
  return copy;
}
