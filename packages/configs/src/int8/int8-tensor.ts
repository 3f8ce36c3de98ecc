import { blocksDivide, blockViewOf, elementCount, type TensorClass } from '@fewbit/core';
import { affineReader } from '../stored/affine-reader.ts';
import { affineLinear } from '../stored/linear.ts';
import { int8Activations } from './int8-activations.ts';
import {
  checkNames,
  componentOf,
  dtypeAttributeOf,
  extentsOf,
  floatComponentOf,
  invalid,
  refuseActivationScale,
  unsupported,
} from '../stored/checks.ts';

/** torchao's Int8Tensor: I8 codes of the weight's shape, F32 scales, and usually zero points. */
export const int8Tensor: TensorClass = {
  name: 'Int8Tensor',
  open: (stored) => {
    checkNames(stored, {
      attributes: { required: ['block_size', 'dtype'], optional: ['act_quant_kwargs', 'reduce_range'] },
      components: {
        required: ['qdata', 'scale'],
        optional: ['zero_point', 'act_quant_scale', 'act_quant_zero_point', 'act_pre_scale'],
      },
    });
    refuseActivationScale(stored);
    const { shape } = componentOf(stored, 'qdata', ['I8']);
    const scale = floatComponentOf(stored, 'scale');
    const blockSize = extentsOf(stored, 'block_size');
    // torchao's loader lets these pass, and its dequantize fails on them.
    if (!blocksDivide(shape, blockSize)) throw invalid(stored, 'its block_size does not divide the shape of "qdata"');
    const view = blockViewOf(shape, blockSize);
    if (view === null)
      throw unsupported(stored, 'its blocks are cut in more than one dimension', 'Read it with torchao.');
    const blocks = view.outer * view.inner;
    const zeroPoint = stored.components.has('zero_point') ? componentOf(stored, 'zero_point', ['I8']) : null;
    for (const statistic of [scale, zeroPoint]) {
      if (statistic !== null && elementCount(statistic.shape) !== blocks) {
        throw invalid(
          stored,
          `"${statistic.name}" has ${elementCount(statistic.shape)} elements`,
          `${blocks}, one for each block`,
        );
      }
    }
    const dtype = dtypeAttributeOf(stored);
    const affine = { shape, dtype, scaleDtype: scale.dtype, hasZeroPoint: zeroPoint !== null, view };
    // torchao's linear ignores the zero points of an Int8Tensor, which are zeros.
    const linear = { bits: 8, usesZeroPoint: false, activations: () => int8Activations(stored) };
    return { ...affineReader(affine), linear: affineLinear(affine, linear) };
  },
};
