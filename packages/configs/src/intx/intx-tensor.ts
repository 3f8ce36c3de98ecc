import { blockGrid, blocksDivide, blockViewOf, unwrap, type TensorClass } from '@fewbit/core';
import { affineReader } from '../stored/affine-reader.ts';
import { affineLinear } from '../stored/linear.ts';
import { int8PerToken } from './intx-activations.ts';
import {
  attributeOf,
  checkNames,
  checkShape,
  componentOf,
  dtypeAttributeOf,
  extentsOf,
  floatComponentOf,
  invalid,
  unsupported,
} from '../stored/checks.ts';
import { INTX_DTYPES } from './intx-dtype.ts';

const PER_TOKEN = 'int8_asym_per_token';

/** torchao's IntxUnpackedToInt8Tensor: codes of 1 to 8 bits, each in a byte of its own, with scales and zero points. */
export const intxUnpackedToInt8Tensor: TensorClass = {
  name: 'IntxUnpackedToInt8Tensor',
  open: (stored) => {
    checkNames(stored, {
      attributes: { required: ['target_dtype', 'block_size', 'dtype', 'activation_quantization'], optional: [] },
      components: { required: ['qdata', 'scale', 'zero_point'], optional: [] },
    });
    const target = unwrap(attributeOf(stored, 'target_dtype') ?? null, 'torch.dtype');
    const bits = 1 + INTX_DTYPES.findIndex((name) => name === target);
    if (bits === 0) {
      throw invalid(stored, 'the attribute "target_dtype" names no intx dtype', 'torch.dtype int1 to int8');
    }
    const { shape } = componentOf(stored, 'qdata', ['I8']);
    const scale = floatComponentOf(stored, 'scale');
    const zeroPoint = componentOf(stored, 'zero_point', ['I8', 'F32', 'BF16', 'F16']);
    const blockSize = extentsOf(stored, 'block_size');
    if (!blocksDivide(shape, blockSize)) throw invalid(stored, 'its block_size does not divide the shape of "qdata"');
    const grid = blockGrid(shape, blockSize);
    checkShape(stored, scale, 'scale', grid);
    checkShape(stored, zeroPoint, 'zero_point', grid);
    const dtype = dtypeAttributeOf(stored);
    if (zeroPoint.dtype !== 'I8') {
      throw unsupported(stored, 'its zero points are floats (StretchedIntxWeightConfig)', 'Read it with torchao.');
    }
    const view = blockViewOf(shape, blockSize);
    if (view === null)
      throw unsupported(stored, 'its blocks are cut in more than one dimension', 'Read it with torchao.');
    const affine = { shape, dtype, scaleDtype: scale.dtype, hasZeroPoint: true, view };
    const quantization = attributeOf(stored, 'activation_quantization');
    if (quantization !== null && quantization !== PER_TOKEN) {
      throw invalid(stored, 'the attribute "activation_quantization" is unknown', `${PER_TOKEN} or null`);
    }
    const activations = quantization === null ? (): null => null : int8PerToken;
    return { ...affineReader(affine), linear: affineLinear(affine, { bits, usesZeroPoint: true, activations }) };
  },
};
