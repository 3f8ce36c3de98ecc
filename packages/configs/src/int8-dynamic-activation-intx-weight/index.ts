import {
  readFields,
  torchEnumJson,
  torchNameOf,
  type Config,
  type ConfigType,
  type FloatDtype,
  type MappingType,
  type ParameterInfo,
} from '@fewbit/core';
import { blockConfig, checkVersion, VERSION } from '../config.ts';
import { refuse, shownShape, type BlockedWeight, type Refusal } from '../granularity/blocks.ts';
import { perGroup, type Granularity } from '../granularity/granularity.ts';
import { granularityToJson } from '../granularity/json.ts';
import type { IntxDtype } from '../intx/intx-dtype.ts';
import {
  describeIntxScheme,
  intxBlocks,
  intxQuantizer,
  intxSchemeJson,
  readIntxScheme,
  type IntxAlgorithm,
  type IntxScheme,
} from '../intx/intx-scheme.ts';
import { intxUnpackedToInt8Tensor } from '../intx/intx-tensor.ts';
import { checkIntxPacking } from '../intx/packing-format.ts';

const TYPE = 'Int8DynamicActivationIntxWeightConfig';
const FIELDS = [
  'weight_dtype',
  'weight_granularity',
  'weight_mapping_type',
  'weight_scale_dtype',
  'act_mapping_type',
  'intx_packing_format',
  'intx_choose_qparams_algorithm',
];

type ActMapping = 'SYMMETRIC' | 'ASYMMETRIC';

/** Weights of few bits whose activations are quantized to int8 per token: torchao's Int8DynamicActivationIntxWeightConfig. */
export const int8DynamicActivationIntxWeightConfig: ConfigType = {
  type: TYPE,
  versions: [VERSION],
  tensorClasses: [intxUnpackedToInt8Tensor],
  parse: (json, { version, where }) => {
    checkVersion(TYPE, version, where);
    const fields = readFields(json, where, FIELDS);
    checkIntxPacking(fields, where);
    const names = {
      weightDtype: 'weight_dtype',
      granularity: 'weight_granularity',
      mapping: 'weight_mapping_type',
      scaleDtype: 'weight_scale_dtype',
    };
    const scheme = readIntxScheme(fields, names, where, perGroup(32));
    const actMapping = fields.choice<ActMapping>(
      'act_mapping_type',
      'ASYMMETRIC',
      ['SYMMETRIC', 'ASYMMETRIC'],
      'MappingType',
    );
    const written = intxSchemeJson(scheme);
    return blockConfig({
      type: TYPE,
      version,
      summary: `${describeIntxScheme(scheme)}; activations int8, per token`,
      fields: {
        weight_dtype: written.weightDtype,
        weight_granularity: written.granularity,
        weight_mapping_type: written.mapping,
        weight_scale_dtype: written.scaleDtype,
        act_mapping_type: torchEnumJson('MappingType', actMapping),
        intx_packing_format: written.packingFormat,
        intx_choose_qparams_algorithm: written.algorithm,
      },
      blocks: (parameter) => blocksOfParameter(parameter, scheme, actMapping),
      quantizer: (weight) => intxQuantizer(weight, scheme, 'int8_asym_per_token'),
    });
  },
};

// Where torchao finds fault only when it quantizes, so do we: such a config is legal as long as no key leads to it.
function blocksOfParameter(
  parameter: ParameterInfo,
  scheme: IntxScheme,
  actMapping: ActMapping,
): BlockedWeight | Refusal {
  if (parameter.kind === 'embedding') {
    return refuse(
      'torchao reads the bias of the module, and an embedding has none',
      'IntxWeightOnlyConfig quantizes embeddings.',
    );
  }
  if (parameter.shape.length !== 2)
    return refuse(`its shape is ${shownShape(parameter.shape)}; only rank 2 can be quantized`);
  if (actMapping === 'SYMMETRIC') {
    return refuse('torchao has no symmetric activations for this config', 'Set "act_mapping_type" to "ASYMMETRIC".');
  }
  return intxBlocks(parameter, scheme);
}

export interface Int8DynamicActivationIntxWeightOptions {
  /** Default: int8. */
  readonly weightDtype?: IntxDtype;
  /** `perGroup(n)` or `perAxis(0)`. Default: `perGroup(32)`. */
  readonly granularity?: Granularity;
  /** Default: symmetric. HQQ ignores it. */
  readonly mapping?: MappingType;
  /** Default: the weight's own. */
  readonly scaleDtype?: FloatDtype;
  /** Default: affine. */
  readonly algorithm?: IntxAlgorithm;
}

/**
 * Weights of few bits, int8 activations: an Int8DynamicActivationIntxWeightConfig made in code.
 *
 * @throws InvalidConfigError for a granularity that torchao would refuse.
 */
export function int8DynamicActivationIntxWeight(options: Int8DynamicActivationIntxWeightOptions = {}): Config {
  const {
    weightDtype = 'int8',
    granularity = perGroup(32),
    mapping = 'SYMMETRIC',
    scaleDtype,
    algorithm = 'AFFINE',
  } = options;
  return int8DynamicActivationIntxWeightConfig.parse(
    {
      weight_dtype: weightDtype,
      weight_granularity: granularityToJson(granularity, { versions: true }),
      weight_mapping_type: mapping,
      weight_scale_dtype: scaleDtype === undefined ? null : torchNameOf(scaleDtype),
      intx_choose_qparams_algorithm: algorithm,
    },
    { version: VERSION, where: 'int8DynamicActivationIntxWeight()' },
  );
}
