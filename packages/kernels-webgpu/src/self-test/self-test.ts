import { createReferenceBackend, roundingTo, type LinearRequest } from '@fewbit/core';
import type { PassParts } from '../device/pass.ts';
import {
  activationCode,
  linearCode,
  slotOf,
  STAGES,
  type ActivationSlot,
  type KernelTable,
  type LinearSlot,
  type Stage,
} from '../linear/kernels.ts';
import type { LinearKernel } from '../linear/form.ts';
import { linearOperations } from '../linear/runtime.ts';
import type { Precision } from '../precision.ts';
import type { VariantReport } from '../report.ts';
import { NO_FEATURES, variantName, type ShaderFeatures } from '../wgsl/features.ts';
import { knownAnswers, ROWS_OF_STAGE, type KnownAnswer } from './cases.ts';

/** Proves kernels on a device, each once. */
export interface SelfTest {
  /** Finds the first variant of a kernel at every stage that is right. */
  readonly prove: (kernel: LinearKernel) => Promise<void>;
  /** What was found right so far. */
  readonly kernels: KernelTable;
  /** All that was tried so far. */
  readonly variants: readonly VariantReport[];
}

/**
 * Of K, for activations and weights around 1. The contract's own bounds are for its suite; a kernel that is wrong is far off. Errors of f16
 * are of either sign and mostly cancel: a tenth of what the contract allows leaves nothing that is missing or counted twice.
 */
const SLACK: Readonly<Record<Precision, number>> = { f32: 1e-5, f16: 2e-4 };
const ACTIVATION_SLOTS: readonly ActivationSlot[] = ['extremes', 'quantize to codes', 'quantize to floats'];

/**
 * Known answers for every variant of a kernel that this device may run: exact ones in their bits, the others within a bound. The
 * answers are the reference's.
 */
export async function createSelfTest(
  parts: PassParts & { readonly precision: Precision },
  available: ShaderFeatures,
): Promise<SelfTest> {
  const variants: VariantReport[] = [];
  const activations: Map<ActivationSlot, GPUComputePipeline> = new Map();
  const linear: Map<LinearSlot, GPUComputePipeline> = new Map();
  const proven: Map<LinearKernel, Promise<void>> = new Map();
  const expected = answersOf();
  const ladder = ladderOf(available);
  await Promise.all(ACTIVATION_SLOTS.map(compileActivation));
  return {
    prove(kernel) {
      const proof = proven.get(kernel) ?? proveStages(kernel);
      proven.set(kernel, proof);
      return proof;
    },
    kernels: { linear, activations },
    variants,
  };

  async function compileActivation(slot: ActivationSlot): Promise<void> {
    const code = activationCode(slot);
    try {
      const layout = slot === 'extremes' ? 'extremes' : 'quantize';
      activations.set(slot, await parts.pipelines.compile(layout, slot, code));
    } catch (error) {
      const report = { kernel: slot, variant: variantName(code), detail: String(error) };
      variants.push({ ...report, verdict: 'does not compile' });
    }
  }

  async function proveStages(kernel: LinearKernel): Promise<void> {
    await Promise.all(STAGES.map((stage) => settle(stage, kernel)));
  }

  async function settle(stage: Stage, kernel: LinearKernel): Promise<void> {
    const slot = slotOf(stage, kernel);
    const tried: Set<string> = new Set();
    for (const features of ladder) {
      const code = linearCode(stage, kernel, features);
      if (tried.has(code)) continue;
      tried.add(code);
      const report = { kernel: slot, variant: variantName(code) };
      let pipeline: GPUComputePipeline;
      try {
        pipeline = await parts.pipelines.compile('linear', slot, code);
      } catch (error) {
        variants.push({ ...report, verdict: 'does not compile', detail: String(error) });
        continue;
      }
      const detail = await wrongWith(new Map([[slot, pipeline]]), stage, kernel, features.f16 ? 'f16' : 'f32');
      variants.push({ ...report, verdict: detail === null ? 'right' : 'wrong', detail });
      if (detail !== null) continue;
      linear.set(slot, pipeline);
      return;
    }
  }

  async function wrongWith(
    only: ReadonlyMap<LinearSlot, GPUComputePipeline>,
    stage: Stage,
    kernel: LinearKernel,
    precision: Precision,
  ): Promise<string | null> {
    const { inference } = linearOperations({
      ...parts,
      kernels: { linear: only, activations },
      assertAlive: () => undefined,
      proveRight: () => Promise.resolve(),
    });
    for (const { request, x, answers } of expected(kernel, stage, precision)) {
      let seen: Float32Array;
      try {
        const layer = await inference.loadLinear(request);
        seen = await layer.forward(x);
        layer.release();
      } catch (error) {
        return String(error);
      }
      const at = answers.findIndex(({ value, slack }, i) => !(Math.abs((seen[i] ?? NaN) - value) <= slack));
      if (at >= 0) return `${String(seen[at])} instead of ${String(answers[at]?.value)} at ${at}, in ${request.dtype}`;
    }
    return null;
  }
}

/** From all that the adapter has down to nothing: either feature may be the one that goes wrong. */
function ladderOf({ packedDot, subgroups, quads, octets, f16 }: ShaderFeatures): readonly ShaderFeatures[] {
  const withF16 = f16 ? [true, false] : [false];
  return withF16.flatMap((half) => [
    { packedDot, subgroups, quads, octets, f16: half },
    { ...NO_FEATURES, packedDot, f16: half },
    { packedDot: false, subgroups, quads, octets, f16: half },
    { ...NO_FEATURES, f16: half },
  ]);
}

interface Expected {
  readonly request: LinearRequest;
  readonly x: Float32Array;
  readonly answers: readonly { readonly value: number; readonly slack: number }[];
}

/** The reference's answers, made once for each kernel and stage. */
function answersOf(): (kernel: LinearKernel, stage: Stage, precision: Precision) => readonly Expected[] {
  const reference = createReferenceBackend().inference;
  const known: Map<LinearKernel, readonly KnownAnswer[]> = new Map();
  return (kernel, stage, precision) => {
    const cases = known.get(kernel) ?? knownAnswers(kernel);
    known.set(kernel, cases);
    return cases.map(({ request, x: all }) => {
      const x = all.slice(0, ROWS_OF_STAGE[stage] * request.weight.inFeatures);
      const layer = reference?.loadLinear(request);
      if (layer === undefined || layer instanceof Promise) throw new TypeError('the reference answers at once');
      const values = layer.forward(x);
      if (values instanceof Promise) throw new TypeError('the reference answers at once');
      const round = roundingTo(request.dtype);
      const answers = Array.from(values, (value) => {
        const allowed = kernel === 'codes exact' ? 0 : SLACK[precision] * request.weight.inFeatures;
        return { value, slack: Math.max(round(value + allowed) - value, value - round(value - allowed)) };
      });
      return { request, x, answers };
    });
  };
}
