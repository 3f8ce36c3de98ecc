import {
  createReferenceBackend,
  fromFloat32,
  type BlockView,
  type FloatDtype,
  type QuantizingOperations,
} from '@fewbit/core';
import type { PassParts } from '../device/pass.ts';
import type { VariantReport } from '../report.ts';
import { layoutOf, WEIGHT_CODE, type WeightSlot } from '../wgsl/weights.ts';
import { createGpuCodes } from './gpu-codes.ts';
import { gpuQuantizing, placesOf, type GpuOperation, type QuantizingPlaces } from './quantizing.ts';

export interface ProvenQuantizing {
  readonly operations: QuantizingOperations;
  readonly places: QuantizingPlaces;
  readonly variants: readonly VariantReport[];
}

const DTYPES: readonly FloatDtype[] = ['F32', 'BF16', 'F16'];

/** Quantizing by the kernels that give the reference's bits here, the reference for the rest. */
export async function proveQuantizing(parts: PassParts): Promise<ProvenQuantizing> {
  const reference = createReferenceBackend().quantizing;
  const pipelines: Map<WeightSlot, GPUComputePipeline> = new Map();
  const variants: VariantReport[] = [];
  await Promise.all(
    PROOFS.map(async ({ slot }) => {
      try {
        pipelines.set(slot, await parts.pipelines.compile(layoutOf(slot), slot, WEIGHT_CODE[slot]));
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
  const operations = PROOFS.map(({ operation }) => operation);
  const tried = gpuQuantizing(reference, codes, new Set(operations), limit);
  const failed: Set<GpuOperation> = new Set();
  for (const { operation, slot, attempt } of PROOFS) {
    // All begin with the extremes: without them there is nothing to prove.
    const possible = pipelines.has(slot) && !failed.has('blockMinMax');
    if (!possible || !(await proves(slot, attempt))) failed.add(operation);
  }
  const onGpu = new Set(operations.filter((operation) => !failed.has(operation)));
  return { operations: gpuQuantizing(reference, codes, onGpu, limit), places: placesOf(onGpu), variants };

  function report(kernel: WeightSlot, verdict: VariantReport['verdict'], detail: string | null): void {
    variants.push({ kernel, variant: 'integers', verdict, detail });
  }

  async function proves(slot: WeightSlot, attempt: Attempt): Promise<boolean> {
    for (const dtype of DTYPES) {
      let detail: string | null = null;
      try {
        const [seen, expected] = [await attempt(tried, dtype), await attempt(reference, dtype)];
        if (seen.some((value, i) => !Object.is(value, expected[i]))) {
          detail = `other results than the reference's, from ${dtype}`;
        }
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
}

/** Results of an operation on weights whose results the reference knows. */
type Attempt = (operations: QuantizingOperations, dtype: FloatDtype) => Promise<readonly number[]>;

const PROOFS: readonly { readonly operation: GpuOperation; readonly slot: WeightSlot; readonly attempt: Attempt }[] = [
  // The one kernel takes blocks that are long, the other short ones.
  { operation: 'blockMinMax', slot: 'block extremes', attempt: extremesIn({ outer: 3, length: 270, inner: 1 }) },
  { operation: 'blockMinMax', slot: 'short block extremes', attempt: extremesIn({ outer: 6, length: 45, inner: 3 }) },
  {
    operation: 'quantizeAffine',
    slot: 'affine codes',
    attempt: async (operations, dtype) => {
      const { qdata } = await operations.quantizeAffine({
        ...{
          input: weights(dtype),
          dtype,
          view: { outer: 6, length: 45, inner: 3 },
          scaleDtype: dtype,
          extremes: null,
        },
        ...{ qmin: -128, qmax: 127, eps: 1e-6, mapping: 'ASYMMETRIC' },
      });
      return [...qdata];
    },
  },
  {
    operation: 'quantizeInt4',
    slot: 'int4 codes',
    attempt: async (operations, dtype) => {
      const view = { outer: 18, length: 45, inner: 1 };
      return [...(await operations.quantizeInt4({ input: weights(dtype), dtype, view })).packed];
    },
  },
];

function extremesIn(view: BlockView): Attempt {
  return async (operations, dtype) => {
    const results: number[] = [];
    for (const input of [weights(dtype), awkwardWeights(dtype)]) {
      const { min, max } = await operations.blockMinMax({ input, dtype, view });
      results.push(...min, ...max);
    }
    return results;
  };
}

/** 810 weights, halves of some step among them, where rounding is put to the test. */
function weights(dtype: FloatDtype): Uint8Array {
  const values = Float32Array.from({ length: 810 }, (_, i) => {
    const spread = ((i * 7919) % 1009) / 1009 - 0.45;
    return i % 3 === 0 ? Math.round(spread * 31) / 2 : spread * 15;
  });
  return fromFloat32(values, dtype).slice();
}

/** As many that an adapter may flush, order wrongly or take for each other: zeros of either sign, subnormal ones, infinities, a NaN. */
function awkwardWeights(dtype: FloatDtype): Uint8Array {
  const smallest = dtype === 'F16' ? 2 ** -24 : dtype === 'BF16' ? 2 ** -133 : 2 ** -149;
  const kinds = [
    [0, -0],
    [-0, 0],
    [smallest, 0],
    [-0, -smallest],
    [smallest, 3 * smallest],
    [Infinity, 1],
  ] as const;
  const values = Float32Array.from({ length: 810 }, (_, i) => {
    // Rows of 135 elements, each of three blocks.
    const [even, odd] = kinds[Math.floor(i / 135)] ?? [1, 1];
    return i % 2 === 0 ? even : odd;
  });
  values[809] = NaN;
  return fromFloat32(values, dtype).slice();
}
