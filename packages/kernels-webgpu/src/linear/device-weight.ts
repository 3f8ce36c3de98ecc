import { bytesPerElement, type FloatDtype, type LinearRequest } from '@fewbit/core';
import { partsOf, type WebgpuLimits } from '../device/limits.ts';
import type { DeviceMemory } from '../device/memory.ts';
import { strideOf } from '../tensor.ts';
import type { LinearForm } from './form.ts';
import { packedRowBytes, packRows, rowSums, statisticsOfRows } from './pack.ts';

/** Rows of a weight that fit one binding, on the device. */
export interface WeightPart {
  readonly firstOut: number;
  readonly outFeatures: number;
  /** Rows to make results for: the last part also makes the zeros that pad a row of results. */
  readonly cover: number;
  readonly weights: GPUBuffer;
  readonly scales: GPUBuffer;
  readonly zeros: GPUBuffer;
  readonly biases: GPUBuffer;
}

export interface DeviceWeight {
  readonly parts: readonly WeightPart[];
  readonly byteLength: number;
  readonly destroy: () => void;
}

/** Outputs of a decode workgroup: parts begin where one does. */
const PART_UNIT = 4;

/** Packs a weight into buffers of the device. */
export function placeWeight(
  { weight, bias, activations }: LinearRequest,
  form: LinearForm,
  memory: DeviceMemory,
  limits: WebgpuLimits,
): DeviceWeight {
  const { inFeatures, outFeatures } = weight;
  const rowBytes = packedRowBytes(form.storage, inFeatures);
  const statisticBytes = Math.max(form.groups, 1) * bytesPerElement(form.statisticDtype);
  const ranges = partsOf(outFeatures, Math.max(rowBytes, statisticBytes), PART_UNIT, limits);
  const buffers: GPUBuffer[] = [];
  const filled = (bytes: Uint8Array | null): GPUBuffer =>
    keep(
      memory.createFilled(bytes?.byteLength ?? 0, (target) => {
        if (bytes !== null) target.set(bytes);
      }),
    );
  const nothing = filled(null);
  // Blocks of any shape are not cut with the rows.
  const whole = form.groups === 0 ? { scales: filled(scalesOf()), zeros: filled(zerosOf()?.bytes ?? null) } : null;

  const parts = ranges.map((range): WeightPart => {
    const [start, end] = range;
    const cover = (end === outFeatures ? strideOf(outFeatures) : end) - start;
    const weights = keep(
      memory.createFilled((end - start) * rowBytes, (target) => {
        packRows(weight, form.storage, range, target);
      }),
    );
    return {
      ...{ firstOut: start, outFeatures: end - start, cover, weights },
      ...(whole ?? statistics(range)),
      biases: bias === null ? nothing : filled(bytesOf(bias.slice(start, end))),
    };
  });
  return {
    parts,
    byteLength: buffers.reduce((sum, { size }) => sum + size, 0),
    destroy: () => {
      for (const buffer of buffers) memory.destroy(buffer);
    },
  };

  function keep(buffer: GPUBuffer): GPUBuffer {
    buffers.push(buffer);
    return buffer;
  }

  function scalesOf(): Uint8Array | null {
    return weight.kind === 'float' ? null : weight.scale;
  }

  function zerosOf(): { readonly bytes: Uint8Array; readonly width: number } | null {
    if (weight.kind === 'float') return null;
    if (weight.kind === 'int4') return { bytes: weight.zeroPoint, width: bytesPerElement(weight.dtype) };
    return weight.zeroPoint === null ? null : { bytes: bytesOf(weight.zeroPoint), width: 1 };
  }

  function statistics(range: readonly [number, number]): Pick<WeightPart, 'scales' | 'zeros'> {
    const scales = scalesOf();
    if (scales === null) return { scales: nothing, zeros: nothing };
    const zeros = zerosOf();
    const exactSums =
      weight.kind === 'affine' && form.kernel === 'codes exact' && activations?.mapping === 'ASYMMETRIC';
    return {
      scales: filled(statisticsOfRows(scales, bytesPerElement(form.statisticDtype), form, range)),
      zeros: exactSums
        ? filled(bytesOf(rowSums(weight.qdata, inFeatures, range)))
        : zeros === null
          ? nothing
          : filled(statisticsOfRows(zeros.bytes, zeros.width, form, range)),
    };
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Int8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** In words, for reports. */
export function packingOf(form: LinearForm, { parts }: DeviceWeight): string {
  const dtype: Readonly<Record<FloatDtype, string>> = { F32: 'f32', BF16: 'bf16', F16: 'f16' };
  const scales = `${dtype[form.statisticDtype]} scales`;
  const stored = {
    int4: 'int4, words of 4 low and 4 high nibbles',
    int8: 'int8',
    half: dtype[form.statisticDtype],
    float: 'f32',
  }[form.storage];
  const blocks =
    form.storage === 'half' || form.storage === 'float'
      ? []
      : form.view !== null
        ? [`blocks of any shape, ${scales}`]
        : [form.groups === 1 ? `rows, ${scales}` : `groups of ${form.groupSize}, ${scales}`];
  const cut = parts.length > 1 ? [`${parts.length} parts`] : [];
  return [stored, ...blocks, 'rows padded to 32', ...cut].join('; ');
}
