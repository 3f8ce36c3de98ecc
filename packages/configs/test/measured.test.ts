import { createReferenceBackend, elementCount, type FloatDtype } from '@fewbit/core';
import { quantizeInMemory, randomWeights, rangesOf, seededRandom, WEIGHT_KINDS } from '@fewbit/core/testing';
import { describe, expect, test } from 'vitest';
import {
  affineQuantizer,
  int8WeightOnly,
  intxWeightOnly,
  LOCAL_BYTES,
  perRow,
  perTensor,
  type BlockedWeight,
} from '../src/index.ts';
import { weightOf } from './helpers/golden.ts';

const backend = createReferenceBackend().quantizing;

function quantizer(weight: BlockedWeight, localBytes: number) {
  return affineQuantizer({
    weight,
    scheme: { qmin: -128, qmax: 127, mapping: 'ASYMMETRIC', eps: 2 ** -23, scaleDtype: 'F32' },
    tensorClass: 'Int8Tensor',
    attributes: {},
    order: ['zero_point', 'qdata', 'scale'],
    localBytes,
  });
}

describe('a tensor too large for one range is quantized otherwise than a small one:', () => {
  const shapes: readonly (readonly [string, readonly number[], readonly number[]])[] = [
    ['per tensor', [6, 10], [6, 10]],
    ['per column', [6, 10], [6, 1]],
    ['per column of a batch', [3, 4, 5], [1, 4, 1]],
  ];
  const cases = shapes.flatMap((shape) =>
    (['F32', 'BF16', 'F16'] as const).map((dtype: FloatDtype) => [...shape, dtype] as const),
  );
  test.each(cases)('%s, %j in blocks of %j, %s', async (_, shape, blockSize, dtype) => {
    const random = seededRandom(20);
    for (const kind of WEIGHT_KINDS) {
      const bytes = randomWeights(random, elementCount(shape), dtype, kind);
      const weight = { dtype, shape, blockSize, bytes };
      const small = quantizer(weight, Infinity);
      const large = quantizer(weight, 0);
      expect(small.measure).toBeUndefined();
      expect(large.measure).toBeDefined();
      const expected = await quantizeInMemory(small, weight, backend);
      for (const units of [1, 2, 3, Infinity]) {
        const ranges = rangesOf(large, elementCount(shape), units);
        expect(await quantizeInMemory(large, weight, backend, ranges), `${kind} by ${units}`).toEqual(expected);
      }
    }
  });
});

test('a range of a large tensor needs the whole tensor in memory', () => {
  const rows = LOCAL_BYTES / 2 / 1024;
  const small = weightOf({ dtype: 'BF16', shape: [rows, 1024] });
  const large = weightOf({ dtype: 'BF16', shape: [rows + 1, 1024] });
  for (const [granularity, unit] of [
    [perTensor(), 1],
    [perRow(0), 1024],
  ] as const) {
    const config = int8WeightOnly({ granularity });
    expect(config.quantizer(small).measure).toBeUndefined();
    expect(config.quantizer(large).measure).toBeDefined();
    expect(config.quantizer(large).unit).toBe(unit);
  }
});

test('a range is quantized without the statistic that it needs', async () => {
  const weight = { dtype: 'F32', shape: [4, 4], blockSize: [4, 4] } as const;
  const request = { input: new Uint8Array(64), start: 0, end: 16, backend };
  const hqq = intxWeightOnly({ algorithm: 'HQQ_SCALE_ONLY' }).quantizer(weightOf(weight));
  for (const statistic of [null, new Uint8Array(3)]) {
    await expect(quantizer(weight, 0).quantize({ ...request, statistic })).rejects.toThrow(/statistic of/);
    await expect(hqq.quantize({ ...request, statistic })).rejects.toThrow(/statistic of/);
  }
});
