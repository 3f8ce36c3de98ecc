import {
  elementwiseTensorClass,
  fromFloat32,
  isFloatDtype,
  readFields,
  toFloat32,
  type ConfigType,
} from '@fewbit/core';

/** One byte per weight and no scale: the upper half of the f16, rounded half to even. */
const e5m2Tensor = elementwiseTensorClass({
  name: 'E5m2Tensor',
  stored: 'F8_E5M2',
  encode: (weights) => {
    const halves = new Uint16Array(fromFloat32(weights, 'F16').slice().buffer);
    return Uint8Array.from(halves, (half) => (half + 0x7f + ((half >> 8) & 1)) >> 8);
  },
  decode: (codes) => toFloat32(new Uint8Array(Uint16Array.from(codes, (code) => code << 8).buffer), 'F16'),
});

export const e5m2WeightOnly: ConfigType = {
  type: 'E5m2WeightOnlyConfig',
  versions: [1],
  tensorClasses: [e5m2Tensor],
  parse: (fields, { where }) => {
    const minRank = readFields(fields, where, ['min_rank']).integer('min_rank', 2, 1, 8);
    return {
      type: 'E5m2WeightOnlyConfig',
      version: 1,
      summary: 'float8 e5m2 without a scale',
      toFields: () => ({ min_rank: minRank }),
      accept: ({ dtype, shape }) => {
        if (!isFloatDtype(dtype)) return { verdict: 'error', reason: `${dtype} is no float dtype` };
        if (shape.length >= minRank) return { verdict: 'quantize' };
        return { verdict: 'leave', reason: `it has fewer than ${minRank} dimensions` };
      },
      quantizer: e5m2Tensor.quantizer,
    };
  },
};

/** What `fewbit --plugin` looks for. */
export const configs: readonly ConfigType[] = [e5m2WeightOnly];
