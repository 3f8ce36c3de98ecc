import { torchDtypeJson, torchNameOf, type JsonValue, type TensorQuantizer } from '@fewbit/core';
import { affineQuantizer } from '../affine/affine-quantizer.ts';
import { blocksOf, refuseSingleElementBlocks, type BlockedWeight, type Refusal } from '../granularity/blocks.ts';
import type { Granularity } from '../granularity/granularity.ts';
import type { TensorInfo } from '@fewbit/core';
import { int8Tensor } from './int8-tensor.ts';

/** What the configs that make Int8Tensors differ in. */
export interface Int8Options {
  /** Half the range of codes, for CPUs whose int8 products may overflow. Null is torchao's other way to say false. */
  readonly reduceRange: boolean | null;
  /** The `act_quant_kwargs` of the metadata: how activations are quantized at run time. */
  readonly activations: JsonValue;
}

/** The blocks of a weight that an Int8Tensor can be made of, or why torchao raises. */
export function int8Blocks(weight: TensorInfo, granularity: Granularity): BlockedWeight | Refusal {
  return refuseSingleElementBlocks(blocksOf(weight, granularity));
}

/** Symmetric int8 with F32 scales: torchao's Int8Tensor.from_hp for weights. */
export function int8Quantizer(weight: BlockedWeight, { reduceRange, activations }: Int8Options): TensorQuantizer {
  const [qmin, qmax] = reduceRange === true ? [-64, 63] : [-128, 127];
  return affineQuantizer({
    weight,
    // f32's machine epsilon for every dtype.
    scheme: { qmin, qmax, mapping: 'SYMMETRIC', eps: 2 ** -23, scaleDtype: 'F32' },
    tensorClass: int8Tensor.name,
    attributes: {
      act_quant_kwargs: activations,
      reduce_range: reduceRange,
      block_size: weight.blockSize,
      dtype: torchDtypeJson(torchNameOf(weight.dtype)),
    },
    order: ['zero_point', 'qdata', 'scale'],
  });
}
