import {
  FewbitError,
  fromFloat32,
  HQQ_ITERATIONS,
  toFloat32,
  type MeasuringPhase,
  type TensorQuantizer,
} from '@fewbit/core';
import type { AffineOptions } from './affine-quantizer.ts';
import { affineOutputs } from './outputs.ts';

/** A change of scales below which HQQ stops. */
const TOLERANCE: number = Math.fround(1e-5);

/**
 * HQQ scale-only quantization of consecutive groups. Its stop test looks at the whole tensor, so the tensor is measured
 * first; the statistic is the largest relative change of a scale at each iteration, f32[HQQ_ITERATIONS].
 */
export function hqqQuantizer({
  weight,
  scheme,
  tensorClass,
  attributes,
  order,
}: Omit<AffineOptions, 'localBytes'>): TensorQuantizer {
  const { dtype } = weight;
  const { qmin, qmax, scaleDtype } = scheme;
  const { view, elements, components, writes } = affineOutputs(weight, scaleDtype, order);
  const { length } = view;
  const rangeView = (start: number, end: number) => ({ outer: (end - start) / length, length, inner: 1 });
  return {
    tensorClass,
    attributes,
    components,
    unit: length,
    span: elements,
    measure: measuringChanges(({ input, start, end, backend }) =>
      backend.measureHqqScaleOnly({ input, dtype, view: rangeView(start, end), qmin, qmax }),
    ),
    quantize: async ({ input, start, end, backend, statistic }) => {
      const iterations = iterationsOf(statistic);
      const view = rangeView(start, end);
      return writes(
        await backend.quantizeHqqScaleOnly({ input, dtype, view, qmin, qmax, scaleDtype, iterations }),
        start,
        true,
      );
    },
  };
}

function measuringChanges(
  measure: (request: Parameters<MeasuringPhase['measure']>[0]) => Float32Array | Promise<Float32Array>,
): MeasuringPhase {
  return {
    measure: async (request) => fromFloat32(await measure(request), 'F32'),
    merge: (left, right) => {
      const ours = parseChanges(left);
      const theirs = parseChanges(right);
      return fromFloat32(
        ours.map((change, i) => Math.max(change, theirs[i] ?? NaN)),
        'F32',
      );
    },
  };
}

/** Iterations until the largest change of any scale falls below the tolerance; a NaN never does. */
function iterationsOf(statistic: Uint8Array | null): number {
  const settled = parseChanges(statistic).findIndex((change) => change < TOLERANCE);
  return settled < 0 ? HQQ_ITERATIONS : settled + 1;
}

function parseChanges(statistic: Uint8Array | null): Float32Array {
  if (statistic?.length !== 4 * HQQ_ITERATIONS) {
    throw new FewbitError('FEWBIT_PLAN_INVALID', {
      message: `a range came with a statistic of ${String(statistic?.length)} bytes`,
      allowed: `${4 * HQQ_ITERATIONS} bytes`,
      hint: 'The tensor must be measured before its ranges are quantized.',
    });
  }
  return toFloat32(statistic, 'F32');
}
