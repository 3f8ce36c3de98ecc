import {
  bytesPerElement,
  shown,
  unwrap,
  type ComponentRead,
  type FloatDtype,
  type StoredLinear,
  type StoredQuantizedTensor,
  type TensorClass,
} from '@fewbit/core';
import {
  attributeOf,
  checkNames,
  checkShape,
  componentOf,
  extentsOf,
  floatComponentOf,
  invalid,
  refuseActivationScale,
  unsupported,
} from '../stored/checks.ts';
import { transposed } from './transposed.ts';

/** torchao's Int4Tensor (plain packing): two codes to a byte, float zero points, statistics transposed. */
export const int4Tensor: TensorClass = {
  name: 'Int4Tensor',
  open: (stored) => {
    checkNames(stored, {
      attributes: { required: ['block_size', 'shape'], optional: ['activation_dtype'] },
      components: { required: ['qdata', 'scale', 'zero_point'], optional: ['act_pre_scale'] },
    });
    refuseActivationScale(stored);
    const shape = extentsOf(stored, 'shape');
    const blockSize = extentsOf(stored, 'block_size');
    const columns = shape.at(-1) ?? 0;
    const rows = shape.at(-2) ?? 0;
    const groupSize = blockSize.at(-1) ?? 0;
    if (shape.length !== 2 && shape.length !== 3)
      throw invalid(stored, `its shape has rank ${shape.length}`, 'rank 2 or 3');
    const grouped = blockSize.length === shape.length && blockSize.slice(0, -1).every((extent) => extent === 1);
    if (!grouped || columns % groupSize !== 0 || columns % 2 !== 0) {
      throw invalid(stored, 'its block_size makes no groups of its last dimension');
    }
    const groups = columns / groupSize;
    const batch = shape.slice(0, -2);
    const scale = floatComponentOf(stored, 'scale');
    const zeroPoint = floatComponentOf(stored, 'zero_point');
    checkShape(stored, componentOf(stored, 'qdata', ['I8', 'U8']), 'qdata', [...batch, rows, columns / 2]);
    checkShape(stored, scale, 'scale', [...batch, groups, rows]);
    checkShape(stored, zeroPoint, 'zero_point', [...batch, groups, rows]);
    if (zeroPoint.dtype !== scale.dtype) {
      throw unsupported(stored, 'its scales and zero points have different dtypes', 'Read it with torchao.');
    }

    const { dtype } = scale;
    const width = bytesPerElement(dtype);
    const matrix = rows * columns;
    return {
      dtype,
      shape,
      unit: columns,
      linear: shape.length === 2 ? linearOf(stored, { rows, columns, groupSize, dtype }) : null,
      reads: (start, end) => [
        { component: 'qdata', begin: start / 2, end: end / 2 },
        ...matricesOf(start, end, matrix).flatMap(([from, to]): ComponentRead[] => {
          const before = Math.floor(from / matrix) * groups * rows;
          const begin = (before + (from % matrix) / columns) * width;
          const runs = { length: ((to - from) / columns) * width, stride: rows * width };
          const stripe = { begin, end: begin + (groups - 1) * runs.stride + runs.length, runs };
          return [
            { component: 'scale', ...stripe },
            { component: 'zero_point', ...stripe },
          ];
        }),
      ],
      dequantize: async ({ start, end, parts, backend }) => {
        const [packed = EMPTY, ...stripes] = parts;
        const values = new Uint8Array((end - start) * width);
        for (const [index, [from, to]] of matricesOf(start, end, matrix).entries()) {
          const count = (to - from) / columns;
          const byBlock = (stripe: Uint8Array = EMPTY): Uint8Array => transposed(stripe, groups, count, width);
          const part = await backend.dequantizeInt4({
            packed: packed.subarray((from - start) / 2, (to - start) / 2),
            scale: byBlock(stripes[2 * index]),
            zeroPoint: byBlock(stripes[2 * index + 1]),
            view: { outer: count * groups, length: groupSize, inner: 1 },
            dtype,
          });
          values.set(part, (from - start) * width);
        }
        return values;
      },
    };
  },
};

interface Int4Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly groupSize: number;
  readonly dtype: FloatDtype;
}

function linearOf(stored: StoredQuantizedTensor, { rows, columns, groupSize, dtype }: Int4Matrix): StoredLinear {
  const byRow = (stripe: Uint8Array = EMPTY): Uint8Array =>
    transposed(stripe, columns / groupSize, rows, bytesPerElement(dtype));
  return {
    activations: () => floatActivations(stored),
    weight: (bytes) => ({
      kind: 'int4',
      ...{ outFeatures: rows, inFeatures: columns, groupSize, dtype },
      packed: bytes.get('qdata') ?? EMPTY,
      scale: byRow(bytes.get('scale')),
      zeroPoint: byRow(bytes.get('zero_point')),
    }),
  };
}

/** @throws FewbitError (`FEWBIT_CHECKPOINT_UNSUPPORTED`) where torchao rounds activations to float8. */
function floatActivations(stored: StoredQuantizedTensor): null {
  const written = attributeOf(stored, 'activation_dtype') ?? null;
  const name = written === null ? 'bfloat16' : unwrap(written, 'torch.dtype');
  if (name === 'bfloat16') return null;
  throw unsupported(
    stored,
    `its activations are quantized to ${shown(name)}`,
    'Run it with torchao, or pass `activations`.',
  );
}

const EMPTY: Uint8Array = new Uint8Array(0);

/** A range cut where one matrix of a batch ends and the next begins. */
function matricesOf(start: number, end: number, matrix: number): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (let at = start; at < end; at = ranges.at(-1)?.[1] ?? end) {
    ranges.push([at, Math.min(end, (Math.floor(at / matrix) + 1) * matrix)]);
  }
  return ranges;
}
