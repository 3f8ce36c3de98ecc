import {
  readFields,
  torchEnumJson,
  type Config,
  type ConfigType,
  type FieldReader,
  type JsonObject,
  type JsonValue,
} from '@fewbit/core';
import { blockConfig, checkVersion, VERSION } from '../config.ts';
import { describeGranularity, perRow, type Granularity } from '../granularity/granularity.ts';
import { granularityFromJson, granularityToJson } from '../granularity/json.ts';
import { int8Blocks, int8Quantizer } from '../int8/int8-scheme.ts';
import { int8Tensor } from '../int8/int8-tensor.ts';

const TYPE = 'Int8DynamicActivationInt8WeightConfig';
const FIELDS = ['act_mapping_type', 'weight_only_decode', 'granularity', 'set_inductor_config', 'reduce_range'];
const ACT_MAPPINGS = ['SYMMETRIC', 'ASYMMETRIC'] as const;

/** Int8 weights whose activations are quantized to int8 at run time: torchao's Int8DynamicActivationInt8WeightConfig. */
export const int8DynamicActivationInt8WeightConfig: ConfigType = {
  type: TYPE,
  versions: [VERSION],
  tensorClasses: [int8Tensor],
  parse: (json, { version, where }) => {
    checkVersion(TYPE, version, where);
    const fields = readFields(json, where, FIELDS);
    const actMapping = torchEnumJson(
      'MappingType',
      fields.choice('act_mapping_type', 'SYMMETRIC', ACT_MAPPINGS, 'MappingType'),
    );
    const { written, act, weight: granularity } = readGranularities(fields, `${where}.granularity`);
    // torchao types this field as optional and takes null for false.
    const reduceRange = fields.raw('reduce_range') === null ? null : fields.boolean('reduce_range', false);
    const activations: JsonObject = {
      _type: 'QuantizeTensorToInt8Kwargs',
      _data: {
        granularity: granularityToJson(act, { versions: false }),
        mapping_type: actMapping,
        reduce_range: reduceRange,
      },
    };
    return blockConfig({
      type: TYPE,
      version,
      summary: `int8, ${describeGranularity(granularity)}; activations int8, ${describeGranularity(act)}`,
      fields: {
        act_mapping_type: actMapping,
        weight_only_decode: fields.boolean('weight_only_decode', false),
        granularity: written,
        set_inductor_config: fields.boolean('set_inductor_config', true),
        reduce_range: reduceRange,
      },
      blocks: (parameter) => int8Blocks(parameter, granularity),
      quantizer: (weight) => int8Quantizer(weight, { reduceRange, activations }),
    });
  },
};

export interface Int8DynamicActivationInt8WeightOptions {
  /** Per row or per tensor, for activations and weights. Default: per row. */
  readonly granularity?: Granularity | { readonly activations: Granularity; readonly weights: Granularity };
  /** How activations are mapped. Default: symmetric. */
  readonly actMapping?: (typeof ACT_MAPPINGS)[number];
  /** Half the range of codes, for CPUs whose int8 products may overflow. Default: false. */
  readonly reduceRange?: boolean;
}

/**
 * Int8 weights and activations: an Int8DynamicActivationInt8WeightConfig made in code.
 *
 * @throws InvalidConfigError for granularities that torchao would refuse.
 */
export function int8DynamicActivationInt8Weight(options: Int8DynamicActivationInt8WeightOptions = {}): Config {
  const { granularity = perRow(), actMapping = 'SYMMETRIC', reduceRange = false } = options;
  const json = (one: Granularity): JsonObject => granularityToJson(one, { versions: true });
  return int8DynamicActivationInt8WeightConfig.parse(
    {
      granularity:
        'type' in granularity ? json(granularity) : [json(granularity.activations), json(granularity.weights)],
      act_mapping_type: actMapping,
      reduce_range: reduceRange,
    },
    { version: VERSION, where: 'int8DynamicActivationInt8Weight()' },
  );
}

interface Granularities {
  /** As torchao would write it back: one, a pair, or null. */
  readonly written: JsonValue;
  readonly act: Granularity;
  readonly weight: Granularity;
}

function readGranularities(fields: FieldReader, where: string): Granularities {
  const value = fields.raw('granularity');
  const read = (one: JsonValue): Granularity => {
    const granularity = granularityFromJson(one, where);
    if (granularity.type === 'PerRow' || granularity.type === 'PerTensor') return granularity;
    return fields.fail('granularity', { message: `saw ${granularity.type}`, allowed: 'PerRow or PerTensor' });
  };
  const json = (one: Granularity): JsonObject => granularityToJson(one, { versions: true });
  if (value === null) return { written: null, act: perRow(), weight: perRow() };
  if (Array.isArray(value)) {
    const [first, second, ...others] = value as readonly JsonValue[];
    if (first === undefined || second === undefined || others.length > 0) {
      return fields.fail('granularity', {
        message: `saw a list of ${value.length}`,
        allowed: 'two: for activations and for weights',
      });
    }
    const [act, weight] = [checkedAct(read(first), fields), read(second)];
    return { written: [json(act), json(weight)], act, weight };
  }
  const both = checkedAct(value === undefined ? perRow() : read(value), fields);
  return { written: json(both), act: both, weight: both };
}

function checkedAct(granularity: Granularity, fields: FieldReader): Granularity {
  if (granularity.type !== 'PerRow' || granularity.dim === -1) return granularity;
  return fields.fail('granularity', {
    message: `saw PerRow along dimension ${granularity.dim} for activations`,
    allowed: 'PerRow along dimension -1',
    hint: 'Write a list of two to give weights another one.',
  });
}
