import { SHADER_STAGE_COMPUTE } from './flags.ts';

/** What kernels bind: the same for all of a kind, so that one bind group fits any of them. */
export type LayoutName = 'linear' | 'quantize' | 'extremes' | 'encode';

const BINDINGS: Readonly<Record<LayoutName, readonly GPUBufferBindingType[]>> = {
  linear: ['uniform', ...Array.from({ length: 6 }, () => 'read-only-storage' as const), 'storage'],
  quantize: ['uniform', 'read-only-storage', 'read-only-storage', 'storage', 'storage'],
  extremes: ['uniform', 'read-only-storage', 'storage'],
  encode: ['uniform', 'read-only-storage', 'read-only-storage', 'read-only-storage', 'storage'],
};

/** Pipelines of one device, each compiled once. */
export interface Pipelines {
  /** @throws Error when the device does not take the code. */
  readonly compile: (layout: LayoutName, label: string, code: string) => Promise<GPUComputePipeline>;
  readonly bindGroupLayout: (layout: LayoutName) => GPUBindGroupLayout;
  /** How many were compiled. */
  readonly count: () => number;
}

export function createPipelines(device: GPUDevice): Pipelines {
  const compiled: Map<string, Promise<GPUComputePipeline>> = new Map();
  const layouts: Map<LayoutName, GPUBindGroupLayout> = new Map();
  return {
    compile(layout, label, code) {
      const pipeline = compiled.get(code) ?? compile(layout, label, code);
      compiled.set(code, pipeline);
      return pipeline;
    },
    bindGroupLayout,
    count: () => compiled.size,
  };

  function bindGroupLayout(name: LayoutName): GPUBindGroupLayout {
    const layout =
      layouts.get(name) ??
      device.createBindGroupLayout({
        label: name,
        entries: BINDINGS[name].map((type, binding) => ({
          binding,
          visibility: SHADER_STAGE_COMPUTE,
          buffer: { type },
        })),
      });
    layouts.set(name, layout);
    return layout;
  }

  async function compile(layout: LayoutName, label: string, code: string): Promise<GPUComputePipeline> {
    // Code that does not compile is an answer here, not an error of the device.
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ label, code });
    const invalid = device.popErrorScope();
    const problem = await invalid;
    if (problem !== null) throw new Error(problem.message);
    return device.createComputePipelineAsync({
      label,
      layout: device.createPipelineLayout({ bindGroupLayouts: [bindGroupLayout(layout)] }),
      compute: { module, entryPoint: 'main' },
    });
  }
}
