import { roundingTo, type ActivationQuantization, type FloatDtype } from '@fewbit/core';
import { floatWord, type Step } from '../module/steps.ts';
import { DTYPE_CODE, MAPPING_CODE } from '../quantizing/codes.ts';
import { spaced } from './layer-memory.ts';

/** What the kernel works in (assembly/inference/activations.ts). */
const OWN_BYTES = 8192 + 256;

export interface QuantizedRows {
  /** i8[M, K]. */
  readonly codes: number;
  /** f32[M]: scales, widened, one for each row whatever the granularity. */
  readonly scale: number;
  /** i32[M]. */
  readonly zeroPoint: number;
  /** What lies behind it all. */
  readonly end: number;
  readonly step: Step;
}

/** Bytes that `quantizedRows` takes of a run's scratch memory. */
export function quantizedRowsBytes(rows: number, columns: number): number {
  const elements = spaced(rows * columns);
  // Codes; x in 16 bits; scales and zero points; the kernel's own.
  return elements + 2 * elements + 2 * spaced(4 * rows) + OWN_BYTES;
}

/**
 * The step that quantizes x: f32[M, K] from the layer's dtype as `quantizeAffine` does it, into scratch memory from `at` on,
 * a multiple of 64.
 */
export function quantizedRows(
  { granularity, mapping, qmin, qmax, eps, scaleDtype }: ActivationQuantization,
  dtype: FloatDtype,
  {
    x,
    rows,
    columns,
    at,
  }: { readonly x: number; readonly rows: number; readonly columns: number; readonly at: number },
): QuantizedRows {
  const elements = spaced(rows * columns);
  const perRow = spaced(4 * rows);
  const codes = at;
  const narrowed = codes + elements;
  const scale = narrowed + 2 * elements;
  const zeroPoint = scale + perRow;
  const own = zeroPoint + perRow;
  const whole = granularity === 'tensor';
  const step: Step = {
    kernel: 'quantizeActivations',
    words: [
      ...[x, DTYPE_CODE[dtype], rows, columns, whole ? 1 : 0, qmin, qmax, MAPPING_CODE[mapping]],
      ...[floatWord(roundingTo(dtype)(eps)), DTYPE_CODE[scaleDtype]],
      ...[narrowed, codes, scale, zeroPoint],
    ],
    // Never split: the kernel is not for several threads at once.
    units: 1,
    weights: null,
    own,
    ownBytes: OWN_BYTES,
  };
  return { codes, scale, zeroPoint, end: own + OWN_BYTES, step };
}
