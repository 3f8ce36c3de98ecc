import type { ActivationQuantization, FloatDtype, LinearRequest } from '@fewbit/core';
import { roundingTo } from '@fewbit/core';
import { beyondLimits, partsOf, type WebgpuLimits } from '../device/limits.ts';
import type { Binding, Pass } from '../device/pass.ts';
import type { Precision } from '../precision.ts';
import { bytesOfRows, strideOf, type WebgpuTensor } from '../tensor.ts';
import { MAPPINGS } from '../wgsl/activations.ts';
import { FLAGS, type Params } from '../wgsl/interface.ts';
import { DECODE_OUTPUTS, PREFILL_OUTPUTS, PREFILL_ROWS } from '../wgsl/tiles.ts';
import type { DeviceWeight } from './device-weight.ts';
import type { LinearForm } from './form.ts';
import { tileUnit } from './tile-unit.ts';
import { slotOf, stageOf, type ActivationSlot, type KernelTable, type LinearSlot } from './kernels.ts';

/** All that running a layer needs to know. */
export interface PlacedLinear {
  readonly form: LinearForm;
  readonly weight: DeviceWeight;
  /** What is the same in each dispatch. */
  readonly params: Params;
}

const DTYPES: Readonly<Record<FloatDtype, number>> = { F32: 0, BF16: 1, F16: 2 };

export function paramsOf(
  { weight, activations, dtype }: LinearRequest,
  form: LinearForm,
  precision: Precision,
): Params {
  const { inFeatures, outFeatures } = weight;
  const power = Math.log2(form.groupSize);
  const toTile = precision === 'f16' && form.kernel.startsWith('floats') ? tileUnit(weight) : 1;
  const whole = activations?.granularity === 'tensor' ? FLAGS.wholeTensor : 0;
  return {
    ...{ rows: 0, allRows: 0, outFeatures, firstOut: 0, cover: 0, outStride: strideOf(outFeatures) },
    ...{ inFeatures, stride: strideOf(inFeatures), inStride: strideOf(inFeatures) },
    ...{
      groupSize: form.groupSize,
      groups: Math.max(form.groups, 1),
      groupShift: Number.isInteger(power) ? power : 32,
    },
    ...{ spanWords: form.spanWords, dtype: DTYPES[dtype], storedDtype: DTYPES[form.statisticDtype] },
    ...{ inputScaleDtype: DTYPES[activations?.scaleDtype ?? 'F32'], flags: form.flags | whole, zero: 0, firstTile: 0 },
    ...{ viewLength: form.view?.length ?? 1, viewInner: form.view?.inner ?? 1, firstRow: 0 },
    ...quantizingParams(activations, dtype),
    ...{ toTile, fromTile: 1 / toTile },
  };
}

function quantizingParams(
  activations: ActivationQuantization | null,
  dtype: FloatDtype,
): Pick<Params, 'qmin' | 'qmax' | 'mapping' | 'eps' | 'steps'> {
  if (activations === null) return { qmin: 0, qmax: 0, mapping: 0, eps: 0, steps: 1 };
  const { qmin, qmax, mapping, eps } = activations;
  const steps = mapping === 'SYMMETRIC' ? (qmax - qmin) / 2 : qmax - qmin;
  return { qmin, qmax, mapping: MAPPINGS[mapping], eps: roundingTo(dtype)(eps), steps };
}

/** Adds a layer to a pass: y = x Wᵀ + b, from one tensor of the device to another, in ranges of rows that fit (see rangesOf). */
export function encodeLinear(
  pass: Pass,
  kernels: KernelTable,
  layer: PlacedLinear,
  ranges: RowRanges,
  x: WebgpuTensor,
  y: WebgpuTensor,
): void {
  const { form, weight } = layer;
  const stage = stageOf(x.rows);
  const pipeline = compiled(kernels.linear, slotOf(stage, form.kernel));
  const all: Params = { ...layer.params, allRows: x.rows };
  const given = { ...all, inStride: x.stride };
  const whole = (all.flags & FLAGS.wholeTensor) !== 0;
  const extremes = whole ? pass.temporary(x.rows * 8) : null;
  if (extremes !== null) {
    for (const [start, end] of ranges) {
      const into = { buffer: extremes, offset: start * 8, size: (end - start) * 8 };
      pass.dispatch({
        ...{ layout: 'extremes', pipeline: compiled(kernels.activations, 'extremes'), workgroups: end - start },
        ...{ params: { ...given, rows: end - start }, bindings: [rowsOf(x, start, end), into] },
      });
    }
  }
  for (const [start, end] of ranges) {
    const rows = end - start;
    const input = form.quantized === null ? null : quantize(rowsOf(x, start, end), rows, form.quantized);
    for (const { firstOut, outFeatures, cover, weights, scales, zeros, biases } of weight.parts) {
      const bindings = [
        ...[
          input?.values ?? rowsOf(x, start, end),
          { buffer: weights },
          { buffer: scales },
          { buffer: zeros },
          { buffer: biases },
        ],
        ...[input?.rowScales ?? { buffer: biases }, rowsOf(y, start, end)],
      ];
      const workgroups =
        stage === 'prefill'
          ? Math.ceil(cover / PREFILL_OUTPUTS) * Math.ceil(rows / PREFILL_ROWS)
          : Math.ceil(cover / DECODE_OUTPUTS);
      const params = { ...(input === null ? given : all), rows, firstOut, outFeatures, cover, firstRow: firstOut };
      pass.dispatch({ layout: 'linear', pipeline, params, bindings, workgroups });
    }
  }

  function quantize(
    input: Binding,
    rows: number,
    to: 'codes' | 'floats',
  ): { readonly values: Binding; readonly rowScales: Binding } {
    const size = rows * all.stride * (to === 'codes' ? 1 : 4);
    const values = { buffer: pass.temporary(size), offset: 0, size };
    const rowScales = { buffer: pass.temporary(rows * 8), offset: 0, size: rows * 8 };
    pass.dispatch({
      ...{ layout: 'quantize', pipeline: compiled(kernels.activations, `quantize to ${to}`), workgroups: rows },
      params: { ...given, rows },
      bindings: [
        input,
        extremes === null ? input : { buffer: extremes, offset: 0, size: x.rows * 8 },
        rowScales,
        values,
      ],
    });
    return { values, rowScales };
  }
}

function compiled<Slot extends LinearSlot | ActivationSlot>(
  table: ReadonlyMap<Slot, GPUComputePipeline>,
  slot: Slot,
): GPUComputePipeline {
  const pipeline = table.get(slot);
  if (pipeline === undefined) throw new TypeError(`no kernel was chosen for "${slot}"`);
  return pipeline;
}

/** Rows [start, end) of a tensor: `start` is a multiple of what `rowRanges` gives. */
function rowsOf(tensor: WebgpuTensor, start: number, end: number): Binding {
  const { buffer, offset, stride } = tensor;
  return { buffer, offset: offset + start * stride * 4, size: bytesOfRows(tensor, end - start) };
}

/** 32 rows of 8 bytes are 256, at which a binding may begin. */
const ROWS_UNIT = 32;

export type RowRanges = readonly (readonly [start: number, end: number])[];

/**
 * Rows of activations in ranges whose activations and results each fit one binding.
 *
 * @throws FewbitError (`FEWBIT_INFERENCE_INVALID`) where all of either do not fit a buffer.
 */
export function rangesOf({ rows, stride }: WebgpuTensor, outFeatures: number, limits: WebgpuLimits): RowRanges {
  const rowBytes = Math.max(stride, strideOf(outFeatures)) * 4;
  if (rows * rowBytes > limits.maxBufferSize) {
    throw beyondLimits(`activations or results of ${rows} rows take ${rows * rowBytes} bytes`, limits.maxBufferSize);
  }
  return partsOf(rows, rowBytes, ROWS_UNIT, limits);
}
