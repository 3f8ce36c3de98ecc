import { quantizeKernel, extremesKernel } from '../wgsl/activations.ts';
import { decodeFloat, decodeInteger } from '../wgsl/decode.ts';
import type { ShaderFeatures } from '../wgsl/features.ts';
import { prefillHalf } from '../wgsl/prefill-half.ts';
import { prefillFloat, prefillInteger } from '../wgsl/prefill.ts';
import type { LinearKernel } from './form.ts';

/** Kernels for one row of activations, for up to four, and for more. */
export type Stage = 'decode 1' | 'decode 4' | 'prefill';

export const STAGES: readonly Stage[] = ['decode 1', 'decode 4', 'prefill'];

export const LINEAR_KERNELS: readonly LinearKernel[] = [
  'codes exact',
  'codes int8',
  'codes int4',
  'floats int8',
  'floats int4',
  'floats int8-any',
  'floats half',
  'floats float',
];

/** One kernel at one stage: what a variant is chosen for. */
export type LinearSlot = `${Stage}, ${LinearKernel}`;
export type ActivationSlot = 'extremes' | 'quantize to codes' | 'quantize to floats';

export function slotOf(stage: Stage, kernel: LinearKernel): LinearSlot {
  return `${stage}, ${kernel}`;
}

export function stageOf(rows: number): Stage {
  if (rows === 1) return 'decode 1';
  return rows <= 4 ? 'decode 4' : 'prefill';
}

/** The WGSL of a kernel at a stage, for what an adapter has. */
export function linearCode(stage: Stage, kernel: LinearKernel, available: ShaderFeatures): string {
  // Nothing is as the reference rounds it in f16.
  return codeOf(stage, kernel, kernel === 'codes exact' ? { ...available, f16: false } : available);
}

function codeOf(stage: Stage, kernel: LinearKernel, features: ShaderFeatures): string {
  const rows = stage === 'decode 1' ? 1 : 4;
  switch (kernel) {
    case 'codes exact':
    case 'codes int8':
    case 'codes int4': {
      const kind = ({ 'codes exact': 'exact', 'codes int8': 'int8', 'codes int4': 'int4' } as const)[kernel];
      return stage === 'prefill' ? prefillInteger(kind, features) : decodeInteger(kind, rows, features);
    }
    case 'floats int8':
    case 'floats int4':
    case 'floats int8-any':
    case 'floats half':
    case 'floats float': {
      const codec = (
        {
          'floats int8': 'int8',
          'floats int4': 'int4',
          'floats int8-any': 'int8-any',
          'floats half': 'half',
          'floats float': 'float',
        } as const
      )[kernel];
      if (stage !== 'prefill') return decodeFloat(codec, rows, features);
      // Lanes that give each other what they load need no tiles: counted and measured in the README.
      const tiles = features.f16 && !features.quads && !features.octets;
      return tiles ? prefillHalf(codec) : prefillFloat(codec, features);
    }
  }
}

export function activationCode(slot: ActivationSlot): string {
  switch (slot) {
    case 'extremes':
      return extremesKernel();
    case 'quantize to codes':
      return quantizeKernel('codes');
    case 'quantize to floats':
      return quantizeKernel('floats');
  }
}

/** Compiled kernels. */
export interface KernelTable {
  readonly linear: ReadonlyMap<LinearSlot, GPUComputePipeline>;
  readonly activations: ReadonlyMap<ActivationSlot, GPUComputePipeline>;
}
