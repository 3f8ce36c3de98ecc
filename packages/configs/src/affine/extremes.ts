import {
  FewbitError,
  fromFloat32,
  toFloat32,
  type BlockExtremes,
  type FloatDtype,
  type MeasuringPhase,
} from '@fewbit/core';

/** The measuring phase of a row of `inner` blocks: the statistic is f32[2 * inner], all minima and then all maxima. */
export function measuringExtremes(dtype: FloatDtype, inner: number): MeasuringPhase {
  return {
    measure: async ({ input, start, end, backend }) => {
      const view = { outer: 1, length: (end - start) / inner, inner };
      const { min, max } = await backend.blockMinMax({ input, dtype, view });
      const statistic = new Float32Array(2 * inner);
      statistic.set(min);
      statistic.set(max, inner);
      return fromFloat32(statistic, 'F32');
    },
    merge: (left, right) => {
      const ours = parseExtremes(left, inner);
      const theirs = parseExtremes(right, inner);
      const statistic = new Float32Array(2 * inner);
      // Math.min and Math.max let NaN win, as PyTorch's amin and amax do.
      for (let i = 0; i < inner; i += 1) {
        statistic[i] = Math.min(ours.min[i] ?? NaN, theirs.min[i] ?? NaN);
        statistic[inner + i] = Math.max(ours.max[i] ?? NaN, theirs.max[i] ?? NaN);
      }
      return fromFloat32(statistic, 'F32');
    },
  };
}

/** @throws FewbitError (`FEWBIT_PLAN_INVALID`) where the statistic is missing or of another length. */
export function parseExtremes(statistic: Uint8Array | null, inner: number): BlockExtremes {
  if (statistic?.length !== 8 * inner) {
    throw new FewbitError('FEWBIT_PLAN_INVALID', {
      message: `a range came with a statistic of ${String(statistic?.length)} bytes`,
      allowed: `${8 * inner} bytes`,
      hint: 'The span must be measured before its ranges are quantized.',
    });
  }
  const values = toFloat32(statistic, 'F32');
  return { min: values.subarray(0, inner), max: values.subarray(inner) };
}
