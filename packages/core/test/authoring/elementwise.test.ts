import { describe, expect, test } from 'vitest';
import {
  elementwiseTensorClass,
  fromFloat32,
  InvalidCheckpointError,
  InvalidConfigError,
  isFloatDtype,
  readFields,
  toFloat32,
  type ConfigType,
} from '../../src/index.ts';
import { configConformance } from '../../src/testing/index.ts';

const halves = elementwiseTensorClass({
  name: 'HalfTensor',
  stored: 'F16',
  encode: (weights) => fromFloat32(weights, 'F16'),
  decode: (elements) => toFloat32(elements, 'F16'),
});

const halfConfig: ConfigType = {
  type: 'HalfConfig',
  versions: [1],
  tensorClasses: [halves],
  parse: (fields, { where }) => {
    readFields(fields, where, []);
    return {
      type: 'HalfConfig',
      version: 1,
      summary: 'f16',
      toFields: () => ({}),
      accept: ({ dtype }) => (isFloatDtype(dtype) ? { verdict: 'quantize' } : { verdict: 'error', reason: 'no float' }),
      quantizer: halves.quantizer,
    };
  },
};

describe('a config type of an elementwise format keeps the contract, whatever its elements are', () => {
  const weights = [
    { dtype: 'F32' as const, shape: [3, 5] },
    { dtype: 'BF16' as const, shape: [7] },
  ];
  const suite = configConformance(halfConfig, [{ name: 'f16', fields: {}, weights, tolerance: 0.001 }]);
  test.each(suite)('$name', async ({ run }) => {
    await run();
  });
});

test('a stored tensor of another dtype is refused rather than read as something else', () => {
  const qdata = { name: 'm._w_qdata', dtype: 'U8' as const, shape: [4] };
  const open = (): unknown =>
    halves.open({ name: 'm.w', attributes: { dtype: 'F32' }, components: new Map([['qdata', qdata]]) });
  expect(open).toThrow(InvalidCheckpointError);
  expect(open).toThrow('F16 qdata');
});

test('weights that are no floats are refused', () => {
  expect(() => halves.quantizer({ name: 'm.w', dtype: 'I32', shape: [4] })).toThrow(InvalidConfigError);
});
