import { fromFloat32, InvalidCheckpointError, isFloatDtype, readFields, toFloat32 } from '@fewbit/core';
import type { ConfigType, TensorClass } from '@fewbit/core';

/** One byte per weight and no scale: the upper half of the f16, rounded half to even. */
export const e5m2Tensor: TensorClass = {
  name: 'E5m2Tensor',
  open: ({ name, attributes: { dtype }, components }) => {
    const qdata = components.get('qdata');
    if (qdata?.dtype !== 'F8_E5M2' || (dtype !== 'F32' && dtype !== 'BF16' && dtype !== 'F16')) {
      throw new InvalidCheckpointError({ message: 'an E5m2Tensor has F8_E5M2 qdata and a float dtype', where: name });
    }
    return {
      dtype,
      shape: qdata.shape,
      unit: 1,
      reads: (begin, end) => [{ component: 'qdata', begin, end }],
      dequantize: ({ parts: [codes = new Uint8Array()] }) => {
        const halves = new Uint8Array(codes.length * 2);
        codes.forEach((code, at) => (halves[2 * at + 1] = code));
        return Promise.resolve(fromFloat32(toFloat32(halves, 'F16'), dtype));
      },
    };
  },
};

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
        return shape.length < minRank
          ? { verdict: 'leave', reason: `it has fewer than ${minRank} dimensions` }
          : { verdict: 'quantize' };
      },
      quantizer: ({ dtype, shape }) => ({
        tensorClass: e5m2Tensor.name,
        attributes: { dtype },
        components: [{ name: 'qdata', dtype: 'F8_E5M2', shape }],
        unit: 1,
        span: shape.reduce((product, extent) => product * extent, 1),
        quantize: ({ input, start }) => {
          const halves = fromFloat32(toFloat32(input, isFloatDtype(dtype) ? dtype : 'F32'), 'F16');
          const codes = Uint8Array.from({ length: halves.length / 2 }, (_, at) => {
            const half = (halves[2 * at] ?? 0) | ((halves[2 * at + 1] ?? 0) << 8);
            return (half + 0x7f + ((half >> 8) & 1)) >> 8;
          });
          return Promise.resolve([{ component: 0, offset: start, bytes: codes }]);
        },
      }),
    };
  },
};

/** What `fewbit --plugin` looks for. */
export const configs: readonly ConfigType[] = [e5m2WeightOnly];
