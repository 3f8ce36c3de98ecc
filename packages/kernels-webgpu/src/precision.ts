import { FewbitError } from '@fewbit/core';

/** What layers may compute in: f32 throughout, or f16 where that pays. */
export type Precision = 'f32' | 'f16';

/** How far results may be from the reference's, of the sum of absolute products. */
export const BOUNDS: Readonly<Record<Precision, number>> = { f32: 1e-5, f16: 2e-3 };

/** @throws FewbitError (`FEWBIT_INFERENCE_INVALID`) for anything else. */
export function checkedPrecision(precision: string): Precision {
  if (precision === 'f32' || precision === 'f16') return precision;
  throw new FewbitError('FEWBIT_INFERENCE_INVALID', {
    message: `a backend was asked for the precision "${precision}"`,
    allowed: '"f32" or "f16"',
  });
}
