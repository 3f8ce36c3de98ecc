import { createReferenceBackend, elementCount, fromFloat32, type FloatDtype, type MappingType } from '@fewbit/core';
import { dequantizeInMemory, quantizeInMemory, rangesOf } from '@fewbit/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  builtinConfigs,
  int4WeightOnly,
  int8WeightOnly,
  intxWeightOnly,
  perAxis,
  perGroup,
  perRow,
  perTensor,
} from '../src/index.ts';
import { weightOf } from './helpers/golden.ts';

const backend = createReferenceBackend().quantizing;

const granularities = fc.constantFrom(perRow(), perRow(0), perTensor(), perGroup(2), perGroup(4));
const configs = fc.oneof(
  granularities.map((granularity) => int8WeightOnly({ granularity })),
  fc
    .record({
      weightDtype: fc.constantFrom('int1', 'int2', 'int4', 'int7', 'int8'),
      granularity: fc.constantFrom(perAxis(0), perGroup(2), perGroup(4)),
      mapping: fc.constantFrom<MappingType[]>('SYMMETRIC', 'SYMMETRIC_NO_CLIPPING_ERR', 'ASYMMETRIC'),
      scaleDtype: fc.constantFrom<FloatDtype[]>('F32', 'BF16', 'F16'),
      algorithm: fc.constantFrom('AFFINE', 'HQQ_SCALE_ONLY'),
    })
    .map(intxWeightOnly),
  fc.constantFrom(2, 4).map((groupSize) => int4WeightOnly({ groupSize })),
);

const weights = fc
  .record({
    // One row alone would make blocks of one element, which torchao refuses.
    rows: fc.integer({ min: 2, max: 6 }),
    columns: fc.constantFrom(4, 8, 12),
    dtype: fc.constantFrom<FloatDtype[]>('F32', 'BF16', 'F16'),
  })
  .chain(({ rows, columns, dtype }) =>
    fc.array(fc.float(), { minLength: rows * columns, maxLength: rows * columns }).map((values) => ({
      dtype,
      shape: [rows, columns],
      bytes: fromFloat32(Float32Array.from(values), dtype),
    })),
  );

test('how a tensor is cut into ranges changes its bytes', async () => {
  await fc.assert(
    fc.asyncProperty(configs, weights, fc.integer({ min: 1, max: 7 }), async (config, weight, units) => {
      const quantizer = config.quantizer(weightOf(weight));
      const whole = await quantizeInMemory(quantizer, weight, backend);
      const ranges = rangesOf(quantizer, elementCount(weight.shape), units);
      expect(await quantizeInMemory(quantizer, weight, backend, ranges)).toEqual(whole);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('a part of a tensor is read back as something else than in the whole', async () => {
  await fc.assert(
    fc.asyncProperty(
      configs,
      weights,
      fc.integer({ min: 0, max: 99 }),
      fc.integer({ min: 1, max: 99 }),
      async (config, weight, from, count) => {
        const quantizer = config.quantizer(weightOf(weight));
        const outputs = await quantizeInMemory(quantizer, weight, backend);
        const tensorClass = builtinConfigs
          .flatMap((type) => type.tensorClasses)
          .find(({ name }) => name === quantizer.tensorClass);
        const components = new Map(quantizer.components.map((component) => [component.name, component]));
        const tensor = tensorClass?.open({ name: 'm.weight', attributes: quantizer.attributes, components });
        if (tensor === undefined) throw new Error(`no class ${quantizer.tensorClass}`);
        const bytes = new Map(quantizer.components.map(({ name }, at) => [name, outputs[at] ?? new Uint8Array(0)]));
        const whole = await dequantizeInMemory(tensor, bytes, backend);
        const units = elementCount(weight.shape) / tensor.unit;
        const start = (from % units) * tensor.unit;
        const end = Math.min(start + count * tensor.unit, elementCount(weight.shape));
        const width = whole.length / elementCount(weight.shape);
        expect(await dequantizeInMemory(tensor, bytes, backend, start, end)).toEqual(
          whole.subarray(start * width, end * width),
        );
      },
    ),
    { seed: 2, numRuns: 500 },
  );
});

test('a config that was written and read quantizes differently', async () => {
  await fc.assert(
    fc.asyncProperty(configs, weights, async (config, weight) => {
      const type = builtinConfigs.find((one) => one.type === config.type);
      const again = type?.parse(config.toFields(), { version: config.version, where: '' });
      if (again === undefined) throw new Error(`no type ${config.type}`);
      expect(again.toFields()).toEqual(config.toFields());
      const parameter = weightOf(weight);
      expect(await quantizeInMemory(again.quantizer(parameter), weight, backend)).toEqual(
        await quantizeInMemory(config.quantizer(parameter), weight, backend),
      );
    }),
    { seed: 3, numRuns: 200 },
  );
});
