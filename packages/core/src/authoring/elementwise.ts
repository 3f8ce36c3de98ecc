import type { TensorQuantizer } from '../contracts/config-type.ts';
import type { TensorClass } from '../contracts/tensor-class.ts';
import { bytesPerElement, isFloatDtype, type Dtype, type FloatDtype } from '../dtype.ts';
import { InvalidCheckpointError, InvalidConfigError } from '../errors.ts';
import { fromFloat32, toFloat32 } from '../reference/float.ts';
import { shown } from './fields.ts';
import { elementCount, type TensorInfo } from '../tensor.ts';

const FLOATS: readonly FloatDtype[] = ['F32', 'BF16', 'F16'];

/** A format that stores each weight by itself, without scales or blocks: another float, a table of levels. */
export interface ElementwiseFormat {
  /** Class name in the checkpoint's metadata. */
  readonly name: string;
  /** What a weight is stored as: a dtype of whole bytes. */
  readonly stored: Dtype;
  /** Little-endian elements of `stored`, one for each weight. */
  readonly encode: (weights: Float32Array) => Uint8Array;
  /** The opposite. What it gives is rounded to the dtype that the weights had. */
  readonly decode: (elements: Uint8Array) => Float32Array;
}

/** The tensor class of an elementwise format, and how to quantize a weight into it. */
export interface ElementwiseTensorClass extends TensorClass {
  /** @throws InvalidConfigError for a weight that is not F32, BF16 or F16. */
  readonly quantizer: (weight: TensorInfo) => TensorQuantizer;
}

/** A tensor class with one component, `qdata`, of the weight's own shape; its metadata keeps the weight's dtype. */
export function elementwiseTensorClass({ name, stored, encode, decode }: ElementwiseFormat): ElementwiseTensorClass {
  const width = bytesPerElement(stored);
  return {
    name,
    open: ({ name: tensor, attributes, components }) => {
      const qdata = components.get('qdata');
      const dtype = FLOATS.find((known) => known === attributes.dtype);
      if (qdata?.dtype !== stored || dtype === undefined) {
        throw new InvalidCheckpointError({
          message: `the ${name} has ${qdata?.dtype ?? 'no'} qdata of ${shown(attributes.dtype)} weights`,
          where: tensor,
          allowed: `${stored} qdata of F32, BF16 or F16 weights`,
        });
      }
      return {
        dtype,
        shape: qdata.shape,
        unit: 1,
        reads: (start, end) => [{ component: 'qdata', begin: start * width, end: end * width }],
        dequantize: ({ parts: [elements = new Uint8Array()] }) => Promise.resolve(fromFloat32(decode(elements), dtype)),
      };
    },
    quantizer: ({ name: weight, dtype, shape }) => {
      if (!isFloatDtype(dtype))
        throw new InvalidConfigError({
          message: `${dtype} is no dtype of weights`,
          where: weight,
          allowed: 'F32, BF16, F16',
        });
      return {
        tensorClass: name,
        attributes: { dtype },
        components: [{ name: 'qdata', dtype: stored, shape }],
        unit: 1,
        span: elementCount(shape),
        quantize: ({ input, start }) =>
          Promise.resolve([{ component: 0, offset: start * width, bytes: encode(toFloat32(input, dtype)) }]),
      };
    },
  };
}
