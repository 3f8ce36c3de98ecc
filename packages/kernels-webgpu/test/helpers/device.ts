import { gpu } from './adapter.ts';

/** A device of the test's own, with what backends use where there is any. */
export async function openDevice(features: readonly GPUFeatureName[] = []): Promise<GPUDevice> {
  // An adapter gives one device.
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new Error('no adapter');
  const wanted: readonly GPUFeatureName[] = ['subgroups', ...features];
  return adapter.requestDevice({ requiredFeatures: wanted.filter((name) => adapter.features.has(name)) });
}

/** A device that changes the code it is given: an adapter that computes something wrongly. */
export function miscompiling(device: GPUDevice, change: (code: string) => string): GPUDevice {
  return overridden(device, {
    createShaderModule: (descriptor: GPUShaderModuleDescriptor) =>
      device.createShaderModule({ ...descriptor, code: change(descriptor.code) }),
  });
}

export interface BufferCount {
  readonly device: GPUDevice;
  readonly live: () => number;
}

/** A device that counts its buffers, from outside of what is tested. */
export function counting(device: GPUDevice): BufferCount {
  let live = 0;
  const counted = overridden(device, {
    createBuffer(descriptor: GPUBufferDescriptor) {
      const buffer = device.createBuffer(descriptor);
      const destroy = buffer.destroy.bind(buffer);
      live += 1;
      buffer.destroy = (): undefined => {
        live -= 1;
        destroy();
      };
      return buffer;
    },
  });
  return { device: counted, live: () => live };
}

export interface DispatchCount {
  readonly device: GPUDevice;
  /** Dispatches since the last call. */
  readonly taken: () => number;
}

/** A device that counts dispatches: each has a bind group of its own. */
export function countingDispatches(device: GPUDevice): DispatchCount {
  let count = 0;
  const counted = overridden(device, {
    createBindGroup(descriptor: GPUBindGroupDescriptor) {
      count += 1;
      return device.createBindGroup(descriptor);
    },
  });
  const taken = (): number => {
    const seen = count;
    count = 0;
    return seen;
  };
  return { device: counted, taken };
}

function overridden(device: GPUDevice, methods: Partial<GPUDevice>): GPUDevice {
  return new Proxy(device, {
    get(target, name) {
      const own: unknown = Reflect.get(methods, name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
