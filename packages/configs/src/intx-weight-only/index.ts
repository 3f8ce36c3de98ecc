import { readFields, torchNameOf, type Config, type ConfigType, type FloatDtype, type MappingType } from '@fewbit/core';
import { blockConfig, checkVersion, VERSION } from '../config.ts';
import { perAxis, type Granularity } from '../granularity/granularity.ts';
import { granularityToJson } from '../granularity/json.ts';
import type { IntxDtype } from '../intx/intx-dtype.ts';
import {
  describeIntxScheme,
  intxBlocks,
  intxQuantizer,
  intxSchemeJson,
  readIntxScheme,
  type IntxAlgorithm,
} from '../intx/intx-scheme.ts';
import { intxUnpackedToInt8Tensor } from '../intx/intx-tensor.ts';
import { checkIntxPacking } from '../intx/packing-format.ts';

const TYPE = 'IntxWeightOnlyConfig';
const FIELDS = [
  'weight_dtype',
  'granularity',
  'mapping_type',
  'scale_dtype',
  'intx_packing_format',
  'intx_choose_qparams_algorithm',
];

/** Weights of 1 to 8 bits, each in a byte: torchao's IntxWeightOnlyConfig. Linear layers, embeddings and 2-D convolutions. */
export const intxWeightOnlyConfig: ConfigType = {
  type: TYPE,
  versions: [VERSION],
  tensorClasses: [intxUnpackedToInt8Tensor],
  parse: (json, { version, where }) => {
    checkVersion(TYPE, version, where);
    const fields = readFields(json, where, FIELDS);
    checkIntxPacking(fields, where);
    const names = {
      weightDtype: 'weight_dtype',
      granularity: 'granularity',
      mapping: 'mapping_type',
      scaleDtype: 'scale_dtype',
    };
    const scheme = readIntxScheme(fields, names, where, perAxis(0));
    const written = intxSchemeJson(scheme);
    return blockConfig({
      type: TYPE,
      version,
      summary: describeIntxScheme(scheme),
      fields: {
        weight_dtype: written.weightDtype,
        granularity: written.granularity,
        mapping_type: written.mapping,
        scale_dtype: written.scaleDtype,
        intx_packing_format: written.packingFormat,
        intx_choose_qparams_algorithm: written.algorithm,
      },
      blocks: (parameter) => intxBlocks(parameter, scheme),
      quantizer: (weight) => intxQuantizer(weight, scheme, null),
    });
  },
};

export interface IntxWeightOnlyOptions {
  /** Default: int8. */
  readonly weightDtype?: IntxDtype;
  /** `perGroup(n)` or `perAxis(0)`. Default: `perAxis(0)`. */
  readonly granularity?: Granularity;
  /** Default: symmetric. HQQ ignores it. */
  readonly mapping?: MappingType;
  /** Default: the weight's own. */
  readonly scaleDtype?: FloatDtype;
  /** Default: affine. */
  readonly algorithm?: IntxAlgorithm;
}

/**
 * Weights of few bits: an IntxWeightOnlyConfig made in code.
 *
 * @throws InvalidConfigError for a granularity that torchao would refuse.
 * @example `intxWeightOnly({ weightDtype: 'int4', granularity: perGroup(32) })`
 */
export function intxWeightOnly(options: IntxWeightOnlyOptions = {}): Config {
  const {
    weightDtype = 'int8',
    granularity = perAxis(0),
    mapping = 'SYMMETRIC',
    scaleDtype,
    algorithm = 'AFFINE',
  } = options;
  return intxWeightOnlyConfig.parse(
    {
      weight_dtype: weightDtype,
      granularity: granularityToJson(granularity, { versions: true }),
      mapping_type: mapping,
      scale_dtype: scaleDtype === undefined ? null : torchNameOf(scaleDtype),
      intx_choose_qparams_algorithm: algorithm,
    },
    { version: VERSION, where: 'intxWeightOnly()' },
  );
}
