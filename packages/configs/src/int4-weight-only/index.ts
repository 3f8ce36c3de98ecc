import {
  readFields,
  torchEnumJson,
  UnsupportedConfigError,
  type Acceptance,
  type Config,
  type ConfigType,
  type FieldReader,
  type JsonObject,
  type TensorInfo,
} from '@fewbit/core';
import { blockConfig, checkVersion, VERSION } from '../config.ts';
import { blocked, groupSizeHint, refuse, shownShape, type BlockedWeight } from '../granularity/blocks.ts';
import { int4Quantizer } from '../int4/int4-quantizer.ts';
import { int4Tensor } from '../int4/int4-tensor.ts';

const TYPE = 'Int4WeightOnlyConfig';
const FIELDS = [
  'group_size',
  'set_inductor_config',
  'int4_packing_format',
  'int4_choose_qparams_algorithm',
  'int4_tile_packed_ntile',
];

type Algorithm = 'TINYGEMM' | 'HQQ';

const PLAIN = torchEnumJson('Int4PackingFormat', 'PLAIN');
const ALGORITHMS: Readonly<Record<Algorithm, JsonObject>> = {
  TINYGEMM: torchEnumJson('Int4ChooseQParamsAlgorithm', 'TINYGEMM'),
  HQQ: torchEnumJson('Int4ChooseQParamsAlgorithm', 'HQQ'),
};

/** Four-bit groups of the last dimension, packed: torchao's Int4WeightOnlyConfig with the plain packing format. */
export const int4WeightOnlyConfig: ConfigType = {
  type: TYPE,
  versions: [VERSION],
  tensorClasses: [int4Tensor],
  parse: (json, { version, where }) => {
    checkVersion(TYPE, version, where);
    const fields = readFields(json, where, FIELDS);
    checkPacking(fields, where);
    const groupSize = fields.integer('group_size', 128, 1);
    const algorithm = readAlgorithm(fields);
    const ntile = fields.integer('int4_tile_packed_ntile', 8, 8, 16);
    if (ntile !== 8 && ntile !== 16)
      fields.fail('int4_tile_packed_ntile', { message: `saw ${ntile}`, allowed: '8 or 16' });
    return blockConfig({
      type: TYPE,
      version,
      summary: `int4, groups of ${groupSize}`,
      fields: {
        group_size: groupSize,
        set_inductor_config: fields.boolean('set_inductor_config', true),
        int4_packing_format: PLAIN,
        int4_choose_qparams_algorithm: ALGORITHMS[algorithm],
        int4_tile_packed_ntile: ntile,
      },
      blocks: (parameter) => int4Blocks(parameter, groupSize, algorithm),
      quantizer: int4Quantizer,
    });
  },
};

export interface Int4WeightOnlyOptions {
  /** Default: 128. */
  readonly groupSize?: number;
}

/**
 * Packed four-bit weights: an Int4WeightOnlyConfig made in code.
 *
 * @throws InvalidConfigError for a group size that is no positive integer.
 * @example `int4WeightOnly({ groupSize: 32 })`
 */
export function int4WeightOnly({ groupSize = 128 }: Int4WeightOnlyOptions = {}): Config {
  return int4WeightOnlyConfig.parse({ group_size: groupSize }, { version: VERSION, where: 'int4WeightOnly()' });
}

function int4Blocks(
  weight: TensorInfo,
  groupSize: number,
  algorithm: Algorithm,
): BlockedWeight | Exclude<Acceptance, { verdict: 'quantize' }> {
  const { shape } = weight;
  const columns = shape.at(-1);
  // torchao looks at divisibility before anything else, and then leaves the weight alone without a word.
  if (columns !== undefined && columns % groupSize !== 0) {
    return {
      verdict: 'leave',
      reason: `its last dimension of ${columns} does not divide into groups of ${groupSize}`,
      hint: groupSizeHint(columns, groupSize),
    };
  }
  if (algorithm === 'HQQ') {
    return refuse(
      'torchao has HQQ for the packing format TILE_PACKED_TO_4D only',
      'Set "int4_choose_qparams_algorithm" to "TINYGEMM".',
    );
  }
  return blocked(weight, () => {
    if (shape.length !== 2 && shape.length !== 3)
      return refuse(`its shape is ${shownShape(shape)}; only ranks 2 and 3 can be packed`);
    if (groupSize === 1) return refuse('torchao refuses groups of one element');
    if ((columns ?? 0) % 2 !== 0)
      return refuse(`its last dimension of ${String(columns)} is odd, and two codes share a byte`);
    return shape.map((_, axis) => (axis === shape.length - 1 ? groupSize : 1));
  });
}

// What each of torchao's other packing formats would take.
const UNSUPPORTED_PACKINGS: ReadonlyMap<string, string> = new Map([
  ['PRESHUFFLED', 'a layout of CUDA kernels that no checkpoint can hold'],
  ['PLAIN_INT32', 'a layout of XPU and NPU kernels'],
  ['TILE_PACKED_TO_4D', 'a layout of CUDA tensor cores'],
]);

function checkPacking(fields: FieldReader, where: string): void {
  const names = ['PLAIN', ...UNSUPPORTED_PACKINGS.keys()];
  const written = fields.choice(
    'int4_packing_format',
    'PLAIN',
    [...names, ...names.map((name) => name.toLowerCase())],
    'Int4PackingFormat',
  );
  const missing = UNSUPPORTED_PACKINGS.get(written.toUpperCase());
  if (missing === undefined) return;
  throw new UnsupportedConfigError({
    message: `the packing format ${written} is ${missing}, which fewbit does not write`,
    where: `${where}.int4_packing_format`,
    allowed: '"plain"',
    hint: 'Quantize with "plain", or with torchao on the machine that runs it.',
  });
}

function readAlgorithm(fields: FieldReader): Algorithm {
  const algorithms = ['TINYGEMM', 'HQQ', 'tinygemm', 'hqq'] as const;
  const name = fields.choice('int4_choose_qparams_algorithm', 'TINYGEMM', algorithms, 'Int4ChooseQParamsAlgorithm');
  return name === 'HQQ' || name === 'hqq' ? 'HQQ' : 'TINYGEMM';
}
