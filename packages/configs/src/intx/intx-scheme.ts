import {
  floatDtypeOf,
  torchDtypeJson,
  torchEnumJson,
  torchNameOf,
  type FieldReader,
  type FloatDtype,
  type JsonObject,
  type JsonValue,
  type MappingType,
  type TensorInfo,
  type TensorQuantizer,
} from '@fewbit/core';
import { affineQuantizer, type AffineOptions } from '../affine/affine-quantizer.ts';
import { hqqQuantizer } from '../affine/hqq-quantizer.ts';
import {
  blocked,
  refuse,
  refuseGroups,
  refuseSingleElementBlocks,
  shownShape,
  type BlockedWeight,
  type Refusal,
} from '../granularity/blocks.ts';
import { describeGranularity, type Granularity } from '../granularity/granularity.ts';
import { granularityFromJson, granularityToJson } from '../granularity/json.ts';
import { INTX_DTYPES, intxRange, type IntxDtype } from './intx-dtype.ts';
import { intxUnpackedToInt8Tensor } from './intx-tensor.ts';

/** How the two Intx configs quantize weights; they differ in field names and in what happens to activations. */
export interface IntxScheme {
  readonly weightDtype: IntxDtype;
  readonly granularity: Granularity;
  readonly mapping: MappingType;
  /** Null: the weight's own. */
  readonly scaleDtype: FloatDtype | null;
  readonly algorithm: IntxAlgorithm;
}

export type IntxAlgorithm = 'AFFINE' | 'HQQ_SCALE_ONLY';

const MAPPINGS: readonly MappingType[] = ['SYMMETRIC', 'SYMMETRIC_NO_CLIPPING_ERR', 'ASYMMETRIC'];

/** Names of the fields that hold a scheme. */
export interface IntxFieldNames {
  readonly weightDtype: string;
  readonly granularity: string;
  readonly mapping: string;
  readonly scaleDtype: string;
}

/** Reads a scheme from a config's fields. @throws InvalidConfigError for what torchao would refuse. */
export function readIntxScheme(
  fields: FieldReader,
  names: IntxFieldNames,
  where: string,
  fallback: Granularity,
): IntxScheme {
  const written = fields.raw(names.granularity);
  const granularity = written === undefined ? fallback : granularityFromJson(written, `${where}.${names.granularity}`);
  if (granularity.type !== 'PerGroup' && !(granularity.type === 'PerAxis' && granularity.axis === 0)) {
    fields.fail(names.granularity, {
      message: `saw ${describeGranularity(granularity)}`,
      allowed: 'PerGroup or PerAxis with axis 0',
      ...(granularity.type === 'PerRow' && {
        hint: 'PerAxis with axis 0 gives each row of a linear layer its own scale.',
      }),
    });
  }
  const scaleName = fields.optionalChoice(names.scaleDtype, ['float32', 'bfloat16', 'float16'], 'torch.dtype');
  return {
    weightDtype: fields.choice(names.weightDtype, 'int8', INTX_DTYPES, 'torch.dtype'),
    granularity,
    mapping: fields.choice(names.mapping, 'SYMMETRIC', MAPPINGS, 'MappingType'),
    scaleDtype: scaleName === null ? null : (floatDtypeOf(scaleName) ?? null),
    algorithm: readAlgorithm(fields),
  };
}

/** The parts of a scheme as torchao writes them. */
export function intxSchemeJson(scheme: IntxScheme): {
  readonly weightDtype: JsonObject;
  readonly granularity: JsonObject;
  readonly mapping: JsonObject;
  readonly scaleDtype: JsonValue;
  readonly packingFormat: JsonObject;
  readonly algorithm: JsonObject;
} {
  const { weightDtype, granularity, mapping, scaleDtype, algorithm } = scheme;
  return {
    weightDtype: torchDtypeJson(weightDtype),
    granularity: granularityToJson(granularity, { versions: true }),
    mapping: torchEnumJson('MappingType', mapping),
    scaleDtype: scaleDtype === null ? null : torchDtypeJson(torchNameOf(scaleDtype)),
    packingFormat: torchEnumJson('IntxPackingFormat', 'UNPACKED_TO_INT8'),
    algorithm: torchEnumJson('IntxChooseQParamsAlgorithm', algorithm),
  };
}

/** `int4, groups of 32, asymmetric`. */
export function describeIntxScheme({ weightDtype, granularity, mapping, algorithm }: IntxScheme): string {
  const how = algorithm === 'HQQ_SCALE_ONLY' ? ', HQQ' : mapping === 'ASYMMETRIC' ? ', asymmetric' : '';
  return `${weightDtype}, ${describeGranularity(granularity)}${how}`;
}

/** Cuts a weight of rank 2, or a convolution of rank 4 along its input channels, into blocks. */
export function intxBlocks(weight: TensorInfo, { granularity, algorithm }: IntxScheme): BlockedWeight | Refusal {
  const { shape } = weight;
  if (shape.length !== 2 && shape.length !== 4)
    return refuse(`its shape is ${shownShape(shape)}; only ranks 2 and 4 can be quantized`);
  if (algorithm === 'HQQ_SCALE_ONLY' && shape.length !== 2) return refuse('HQQ takes weights of rank 2 only');
  const cut = blocked(weight, () => {
    const extent = shape[1] ?? 0;
    const groupSize = granularity.type === 'PerGroup' ? granularity.groupSize : extent;
    if (extent % groupSize !== 0) return refuseGroups(extent, groupSize, 'input dimension');
    return shape.map((_, axis) => (axis === 1 ? groupSize : 1));
  });
  return algorithm === 'AFFINE' ? refuseSingleElementBlocks(cut) : cut;
}

/** The quantizer of a scheme; `activations` is the attribute of that name. */
export function intxQuantizer(weight: BlockedWeight, scheme: IntxScheme, activations: string | null): TensorQuantizer {
  const { weightDtype, mapping, scaleDtype, algorithm } = scheme;
  const options: AffineOptions = {
    weight,
    scheme: {
      ...intxRange(weightDtype),
      mapping,
      eps: SMALLEST_NORMAL[weight.dtype],
      scaleDtype: scaleDtype ?? weight.dtype,
    },
    tensorClass: intxUnpackedToInt8Tensor.name,
    attributes: {
      target_dtype: torchDtypeJson(weightDtype),
      block_size: weight.blockSize,
      dtype: torchDtypeJson(torchNameOf(weight.dtype)),
      activation_quantization: activations,
    },
    order: ['qdata', 'scale', 'zero_point'],
  };
  return algorithm === 'AFFINE' ? affineQuantizer(options) : hqqQuantizer(options);
}

const SMALLEST_NORMAL: Readonly<Record<FloatDtype, number>> = { F32: 2 ** -126, BF16: 2 ** -126, F16: 2 ** -14 };

function readAlgorithm(fields: FieldReader): IntxAlgorithm {
  const algorithms = ['AFFINE', 'HQQ_SCALE_ONLY', 'affine', 'hqq_scale_only'] as const;
  const name = fields.choice('intx_choose_qparams_algorithm', 'AFFINE', algorithms, 'IntxChooseQParamsAlgorithm');
  return name === 'AFFINE' || name === 'affine' ? 'AFFINE' : 'HQQ_SCALE_ONLY';
}
