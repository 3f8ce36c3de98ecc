import type { Config, ConfigType } from '@fewbit/core';
import { readFields } from '@fewbit/core';
import { blockConfig, checkVersion, VERSION } from '../config.ts';
import { describeGranularity, perRow, type Granularity } from '../granularity/granularity.ts';
import { granularityFromJson, granularityToJson } from '../granularity/json.ts';
import { int8Blocks, int8Quantizer } from '../int8/int8-scheme.ts';
import { int8Tensor } from '../int8/int8-tensor.ts';

const TYPE = 'Int8WeightOnlyConfig';

/** torchao's Int8WeightOnlyConfig: symmetric int8 weights, one F32 scale per row, group or tensor; any rank. */
export const int8WeightOnlyConfig: ConfigType = {
  type: TYPE,
  versions: [VERSION],
  tensorClasses: [int8Tensor],
  parse: (json, { version, where }) => {
    checkVersion(TYPE, version, where);
    const fields = readFields(json, where, ['group_size', 'granularity', 'set_inductor_config']);
    if ((fields.raw('group_size') ?? null) !== null) {
      fields.fail('group_size', {
        message: 'this field is a leftover of version 1',
        allowed: 'null',
        hint: 'Write "granularity": {"type": "PerGroup", "group_size": …} instead.',
      });
    }
    const written = fields.raw('granularity');
    const granularity = written === undefined ? perRow() : granularityFromJson(written, `${where}.granularity`);
    if (granularity.type === 'PerAxis') {
      fields.fail('granularity', { message: 'saw PerAxis', allowed: 'PerRow, PerTensor or PerGroup' });
    }
    return blockConfig({
      type: TYPE,
      version,
      summary: `int8, ${describeGranularity(granularity)}`,
      fields: {
        group_size: null,
        granularity: granularityToJson(granularity, { versions: true }),
        set_inductor_config: fields.boolean('set_inductor_config', true),
      },
      blocks: (parameter) => int8Blocks(parameter, granularity),
      quantizer: (weight) => int8Quantizer(weight, { reduceRange: false, activations: null }),
    });
  },
};

export interface Int8WeightOnlyOptions {
  /** Per row (the last dimension), per tensor, or per group. Default: per row. */
  readonly granularity?: Granularity;
}

/**
 * Int8 weights: an Int8WeightOnlyConfig made in code.
 *
 * @throws InvalidConfigError for a granularity that torchao would refuse.
 * @example `int8WeightOnly({ granularity: perGroup(32) })`
 */
export function int8WeightOnly({ granularity = perRow() }: Int8WeightOnlyOptions = {}): Config {
  return int8WeightOnlyConfig.parse(
    { granularity: granularityToJson(granularity, { versions: true }) },
    { version: VERSION, where: 'int8WeightOnly()' },
  );
}
