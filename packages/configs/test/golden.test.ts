import { createReferenceBackend, fromFloat32, isFloatDtype, toFloat32, type Dtype } from '@fewbit/core';
import { quantizeInMemory, rangesOf } from '@fewbit/core/testing';
import { describe, expect, test } from 'vitest';
import { bytesOf, configOf, readGolden, weightOf, type GoldenFile } from './helpers/golden.ts';

const backend = createReferenceBackend().quantizing;

for (const file of ['int8.json', 'intx.json', 'int4.json']) {
  const golden = readGolden(file) as GoldenFile;

  describe(`bytes of torchao ${golden.torchao}, ${file}`, () => {
    const cases = golden.cases.map((golden, index) => ({ ...golden, index }));
    test.each(cases)('case $index: $config._type of "$input" differs from torchao', async (expected) => {
      const input = golden.inputs[expected.input];
      if (input === undefined) throw new Error(`the golden file lacks the input "${expected.input}"`);
      const config = configOf(expected.config);
      expect({ _type: config.type, _version: config.version, _data: config.toFields() }).toEqual(expected.config);
      expect(JSON.stringify(config.toFields())).toBe(JSON.stringify(expected.config._data));

      const parameter = weightOf(input);
      expect(config.accept(parameter).verdict).toBe(expected.verdict ?? 'quantize');
      if (expected.verdict !== undefined) return;

      const quantizer = config.quantizer(parameter);
      expect(quantizer.tensorClass).toBe(expected.tensorClass);
      expect(JSON.stringify(quantizer.attributes)).toBe(JSON.stringify(expected.attributes));
      expect(quantizer.components).toEqual(
        expected.components.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
      );

      const weight = { ...input, bytes: bytesOf(input) };
      const elements = weight.shape.reduce((count, extent) => count * extent, 1);
      for (const units of [Infinity, 1]) {
        const outputs = await quantizeInMemory(quantizer, weight, backend, rangesOf(quantizer, elements, units));
        for (const [at, component] of expected.components.entries()) {
          expect(canonical(outputs[at], component.dtype), component.name).toEqual(
            canonical(bytesOf(component), component.dtype),
          );
        }
      }
    });
  });
}

// PyTorch's NaN has other bits in vectorized code than in the scalar code beside it; any NaN will do.
function canonical(bytes: Uint8Array = new Uint8Array(0), dtype: Dtype): Uint8Array {
  if (!isFloatDtype(dtype)) return bytes;
  const values = toFloat32(bytes, dtype).map((value) => (Number.isNaN(value) ? NaN : value));
  return fromFloat32(values, dtype);
}
