import { createReferenceBackend, fromFloat32, type FloatDtype, type QuantizingOperations } from '@fewbit/core';
import type { PassParts } from '../device/pass.ts';
import type { VariantReport } from '../report.ts';
import { WEIGHT_CODE, type WeightSlot } from '../wgsl/weights.ts';
import { createGpuCodes } from './gpu-codes.ts';
import { gpuQuantizing, type GpuQuantizing } from './quantizing.ts';

export interface ProvenQuantizing {
  readonly operations: QuantizingOperations;
  readonly onGpu: GpuQuantizing;
  readonly variants: readonly VariantReport[];
}

const SLOTS: readonly WeightSlot[] = ['block extremes', 'affine codes', 'int4 codes'];
const DTYPES: readonly FloatDtype[] = ['F32', 'BF16', 'F16'];

/** Quantizing by the kernels that give the reference's bits here, the reference for the rest. */
export async function proveQuantizing(parts: PassParts): Promise<ProvenQuantizing> {
  const reference = createReferenceBackend().quantizing;
  const pipelines: Map<WeightSlot, GPUComputePipeline> = new Map();
  const variants: VariantReport[] = [];
  await Promise.all(
    SLOTS.map(async (slot) => {
      try {
        const layout = slot === 'block extremes' ? 'extremes' : 'encode';
        pipelines.set(slot, await parts.pipelines.compile(layout, slot, WEIGHT_CODE[slot]));
      } catch (error) {
        report(slot, 'does not compile', String(error));
      }
    }),
  );
  const codes = createGpuCodes(parts, (slot) => {
    const pipeline = pipelines.get(slot);
    if (pipeline === undefined) throw new TypeError(`"${slot}" did not compile`);
    return pipeline;
  });
  const limit = parts.limits.maxStorageBufferBindingSize;
  const tried = gpuQuantizing(reference, codes, { affine: true, int4: true }, limit);
  const hasExtremes = pipelines.has('block extremes');
  const affine = hasExtremes && pipelines.has('affine codes') && (await proves('affine codes', affineDiffers));
  const int4 = hasExtremes && pipelines.has('int4 codes') && (await proves('int4 codes', int4Differs));
  return { operations: gpuQuantizing(reference, codes, { affine, int4 }, limit), onGpu: { affine, int4 }, variants };

  function report(kernel: WeightSlot, verdict: VariantReport['verdict'], detail: string | null): void {
    variants.push({ kernel, variant: 'integers', verdict, detail });
  }

  async function proves(slot: WeightSlot, differs: (dtype: FloatDtype) => Promise<boolean>): Promise<boolean> {
    for (const dtype of DTYPES) {
      let detail: string | null = null;
      try {
        if (await differs(dtype)) detail = `other codes than the reference's, from ${dtype}`;
      } catch (error) {
        detail = String(error);
      }
      if (detail === null) continue;
      report(slot, 'wrong', detail);
      return false;
    }
    report(slot, 'right', null);
    return true;
  }

  async function affineDiffers(dtype: FloatDtype): Promise<boolean> {
    const request = {
      ...{ input: weights(dtype), dtype, view: { outer: 6, length: 45, inner: 3 }, scaleDtype: dtype, extremes: null },
      ...{ qmin: -128, qmax: 127, eps: 1e-6 },
      mapping: 'ASYMMETRIC',
    } as const;
    const seen = await tried.quantizeAffine(request);
    const { qdata } = await reference.quantizeAffine(request);
    return seen.qdata.some((code, i) => code !== qdata[i]);
  }

  async function int4Differs(dtype: FloatDtype): Promise<boolean> {
    const request = { input: weights(dtype), dtype, view: { outer: 18, length: 45, inner: 1 } };
    const seen = await tried.quantizeInt4(request);
    const { packed } = await reference.quantizeInt4(request);
    return seen.packed.some((byte, i) => byte !== packed[i]);
  }
}

/** 810 weights, halves of some step among them, where rounding is put to the test. */
function weights(dtype: FloatDtype): Uint8Array {
  const values = Float32Array.from({ length: 810 }, (_, i) => {
    const spread = ((i * 7919) % 1009) / 1009 - 0.45;
    return i % 3 === 0 ? Math.round(spread * 31) / 2 : spread * 15;
  });
  return fromFloat32(values, dtype).slice();
}
