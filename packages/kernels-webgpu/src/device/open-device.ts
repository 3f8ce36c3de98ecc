import type { Precision } from '../precision.ts';
import type { ShaderFeatures } from '../wgsl/features.ts';

/** A device to compute on, and what its shaders may use. */
export interface OpenDevice {
  readonly device: GPUDevice;
  readonly features: ShaderFeatures;
  readonly adapter: string;
  /** Whether it was made here, to be destroyed in the end. */
  readonly owned: boolean;
}

/** Of navigator.gpu, what is used here: any implementation's will do. */
export type GpuEntry = Pick<GPU, 'requestAdapter' | 'wgslLanguageFeatures'>;

/** The environment's WebGPU, null where it has none (Node has it from a package: pass that one). */
export function environmentGpu(): GpuEntry | null {
  const { navigator } = globalThis as { readonly navigator?: { readonly gpu?: GpuEntry } };
  return navigator?.gpu ?? null;
}

/**
 * Opens a device with the limits that every adapter has (work is split to fit them) and, where there are any, subgroups, and f16 for
 * a caller who asks for it.
 *
 * @returns Why there is none, in words.
 */
export async function openDevice(
  gpu: GpuEntry | null,
  given: GPUDevice | null,
  precision: Precision,
): Promise<OpenDevice | string> {
  // Without the entry point nobody says what the language has: the self-test finds out.
  const packedDot = gpu?.wgslLanguageFeatures.has('packed_4x8_integer_dot_product') ?? true;
  if (given !== null) {
    const features = { packedDot, ...usable(given.features, given.adapterInfo, precision) };
    return { device: given, features, adapter: described(given.adapterInfo), owned: false };
  }
  if (gpu === null) return 'this environment has no WebGPU (no navigator.gpu, and none was given)';
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) return 'WebGPU has no adapter here';
  const features = { packedDot, ...usable(adapter.features, adapter.info, precision) };
  const requiredFeatures: GPUFeatureName[] = [];
  if (features.subgroups) requiredFeatures.push('subgroups');
  if (features.f16) requiredFeatures.push('shader-f16');
  const device = await adapter.requestDevice({ label: 'fewbit', requiredFeatures });
  return { device, features, adapter: described(adapter.info), owned: true };
}

/** A load that all lanes of a subgroup share serves as many: with fewer than 32 it pays that lanes share them. */
const NARROW = 16;

function usable(
  features: GPUSupportedFeatures,
  { subgroupMinSize }: GPUAdapterInfo,
  precision: Precision,
): Omit<ShaderFeatures, 'packedDot'> {
  const subgroups = features.has('subgroups');
  const quads = subgroups && subgroupMinSize <= NARROW;
  const f16 = precision === 'f16' && features.has('shader-f16');
  return { subgroups, quads, octets: quads && subgroupMinSize >= 8, f16 };
}

function described({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  const parts = [vendor, architecture, device, description].filter((part) => part !== '');
  return parts.length === 0 ? 'unnamed' : parts.join(' ');
}
