import { bytesPerElement, elementCount, torchDtypeJson, type ComponentWrite, type TensorQuantizer } from '@fewbit/core';
import type { BlockedWeight } from '../granularity/blocks.ts';
import { int4Tensor } from './int4-tensor.ts';
import { transposed } from './transposed.ts';

/**
 * torchao's Int4Tensor with bf16 activations: groups of the last dimension, two codes to a byte. Scales and zero points
 * are stored transposed, [K / g, N], so that a range of rows writes a stripe of each of their lines.
 */
export function int4Quantizer({ shape, dtype, blockSize }: BlockedWeight): TensorQuantizer {
  const groupSize = blockSize.at(-1) ?? 1;
  const columns = shape.at(-1) ?? 1;
  const rows = shape.at(-2) ?? 1;
  const groups = columns / groupSize;
  const matrix = rows * columns;
  const width = bytesPerElement(dtype);
  const batch = shape.slice(0, -2);
  const statistics = { dtype, shape: [...batch, groups, rows] };

  return {
    tensorClass: int4Tensor.name,
    components: [
      { name: 'qdata', dtype: 'I8', shape: [...batch, rows, columns / 2] },
      { name: 'scale', ...statistics },
      { name: 'zero_point', ...statistics },
    ],
    attributes: { activation_dtype: torchDtypeJson('bfloat16'), block_size: blockSize, shape },
    unit: columns,
    // A range stays within one matrix of a batch: the stripes of the next one lie elsewhere.
    span: batch.length === 0 ? elementCount(shape) : matrix,
    quantize: async ({ input, start, end, backend }) => {
      const count = (end - start) / columns;
      const view = { outer: count * groups, length: groupSize, inner: 1 };
      const { packed, scale, zeroPoint } = await backend.quantizeInt4({ input, dtype, view });
      const [first, before] = [(start % matrix) / columns, Math.floor(start / matrix) * groups * rows];
      const stripe = (component: number, byBlock: Uint8Array): ComponentWrite => ({
        component,
        offset: (before + first) * width,
        bytes: transposed(byBlock, count, groups, width),
        runs: { length: count * width, stride: rows * width },
      });
      return [{ component: 0, offset: start / 2, bytes: packed }, stripe(1, scale), stripe(2, zeroPoint)];
    },
  };
}
