export {
  createWebgpuBackend,
  probeWebgpu,
  webgpuBackend,
  type WebgpuBackend,
  type WebgpuBackendOptions,
  type WebgpuProbe,
} from './backend.ts';
export type { WebgpuLimits } from './device/limits.ts';
export type { MemoryUse } from './device/memory.ts';
export type { GpuEntry } from './device/open-device.ts';
export type { LinearKernel } from './linear/form.ts';
export type { ActivationSlot, LinearSlot, Stage } from './linear/kernels.ts';
export type { Forward, WebgpuInference, WebgpuLayer, WebgpuPass, WebgpuStack } from './linear/layer.ts';
export type { QuantizingPlaces } from './quantizing/quantizing.ts';
export type { Precision } from './precision.ts';
export type { VariantReport, WebgpuReport } from './report.ts';
export type { WebgpuTensor } from './tensor.ts';
export type { ShaderFeatures } from './wgsl/features.ts';
export type { WeightSlot } from './wgsl/weights.ts';
