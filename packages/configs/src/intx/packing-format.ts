import type { FieldReader } from '@fewbit/core';
import { UnsupportedConfigError } from '@fewbit/core';

const UNPACKED = ['UNPACKED_TO_INT8', 'unpacked_to_int8'] as const;
const OPAQUE = [
  'OPAQUE_ATEN_KLEIDIAI',
  'OPAQUE_TORCHAO_AUTO',
  'OPAQUE_TORCHAO_KLEIDIAI',
  'OPAQUE_TORCHAO_LOWBIT',
  'opaque_aten_kleidiai',
  'opaque_torchao_auto',
  'opaque_torchao_kleidiai',
  'opaque_torchao_lowbit',
] as const;

/** @throws UnsupportedConfigError for the packings that only one machine's kernels can read. */
export function checkIntxPacking(fields: FieldReader, where: string): void {
  const format = fields.choice(
    'intx_packing_format',
    'UNPACKED_TO_INT8',
    [...UNPACKED, ...OPAQUE],
    'IntxPackingFormat',
  );
  if (UNPACKED.some((name) => name === format)) return;
  throw new UnsupportedConfigError({
    message: `the packing format ${format} is laid out by kernels of one machine and has no form in a checkpoint`,
    where: `${where}.intx_packing_format`,
    allowed: 'UNPACKED_TO_INT8',
    hint: 'Quantize unpacked here; torchao can repack it on the machine that runs it.',
  });
}
