import type { JsonValue } from '@fewbit/core';

/** The fields of AutoRound's `QuantizationScheme`, as given; what is absent or null is filled from elsewhere. */
export type SchemeFields = Readonly<Record<string, JsonValue>>;

const INT8: SchemeFields = {
  bits: 8,
  group_size: -1,
  data_type: 'int',
  sym: true,
  act_bits: 8,
  act_group_size: -1,
  act_data_type: 'int',
  act_dynamic: true,
  act_sym: true,
};

/** The preset schemes of AutoRound 0.16, by name; those of K-quants keep what they have in common with integers. */
export const PRESETS: ReadonlyMap<string, SchemeFields> = new Map([
  ...[2, 3, 4, 5, 6, 7, 8].flatMap((bits): (readonly [string, SchemeFields])[] => [
    [`W${bits}A16`, int(bits, 128)],
    [`W${bits}A16G64`, int(bits, 64)],
    [`W${bits}A16G32`, int(bits, 32)],
  ]),
  ['BF16', { bits: 16, group_size: 128, data_type: 'fp', act_bits: 16, act_data_type: 'fp' }],
  ['MXFP4', float('mx_fp', 4, 32)],
  ['MXFP8', float('mx_fp', 8, 32)],
  ['MXFP6', float('mx_fp', 6, 32)],
  // They round the shared exponents up.
  ['MXFP4_RCEIL', float('mx_fp', 4, 32)],
  ['MXFP8_RCEIL', float('mx_fp', 8, 32)],
  ['NVFP4', float('nv_fp', 4, 16)],
  ['FPW8A16', { bits: 8, group_size: 0, data_type: 'fp', act_bits: 16, act_data_type: 'fp' }],
  [
    'FP8_STATIC',
    {
      bits: 8,
      group_size: -1,
      data_type: 'fp',
      act_bits: 8,
      act_group_size: 0,
      act_data_type: 'fp',
      act_dynamic: false,
      act_sym: true,
    },
  ],
  [
    'FP8_BLOCK',
    {
      bits: 8,
      group_size: [128, 128],
      data_type: 'fp',
      act_bits: 8,
      act_group_size: 128,
      act_data_type: 'fp',
      act_dynamic: true,
      act_sym: true,
    },
  ],
  ['INT8', INT8],
  ['INT8_W8A8', INT8],
  ['INT4', { ...INT8, bits: 4, act_bits: 4 }],
  ['GGUF:Q4_0', int(4, 32)],
  ['GGUF:Q4_1', { ...int(4, 32), sym: false }],
  ['GGUF:Q5_0', int(5, 32)],
  ['GGUF:Q5_1', { ...int(5, 32), sym: false }],
  ['GGUF:Q8_0', int(8, 32)],
]);

function int(bits: number, groupSize: number): SchemeFields {
  return { bits, group_size: groupSize, sym: true, data_type: 'int', act_bits: 16 };
}

function float(type: string, bits: number, groupSize: number): SchemeFields {
  return {
    bits,
    group_size: groupSize,
    data_type: type,
    act_bits: bits,
    act_data_type: type,
    act_group_size: groupSize,
    act_sym: true,
    act_dynamic: true,
  };
}
