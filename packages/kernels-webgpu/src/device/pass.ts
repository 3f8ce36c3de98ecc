import { FLOAT_PARAMS, PARAMS, PARAMS_BYTES, type Params } from '../wgsl/interface.ts';
import type { WebgpuLimits } from './limits.ts';
import { roundedUp, type DeviceMemory, type TemporaryKind } from './memory.ts';
import type { LayoutName, Pipelines } from './pipelines.ts';

/** A buffer, or a part of one that begins at a multiple of 256 bytes. */
export interface Binding {
  readonly buffer: GPUBuffer;
  readonly offset?: number;
  readonly size?: number;
}

export interface Dispatch {
  readonly layout: LayoutName;
  readonly pipeline: GPUComputePipeline;
  readonly params: Params;
  /** In the order of the layout, from binding 1. */
  readonly bindings: readonly Binding[];
  /** Workgroups in all: kernels take their number from `firstTile` and both axes of the grid. */
  readonly workgroups: number;
}

/** Dispatches that become one command buffer with one compute pass. Each sees what the ones before it wrote. */
export interface Pass {
  readonly dispatch: (dispatch: Dispatch) => void;
  /** A storage buffer for this pass only. */
  readonly temporary: (byteLength: number) => GPUBuffer;
  /** Hands all to the device, and what `after` adds to the command buffer. */
  readonly submit: (after?: (encoder: GPUCommandEncoder) => void) => void;
}

export interface PassParts {
  readonly device: GPUDevice;
  readonly memory: DeviceMemory;
  readonly pipelines: Pipelines;
  readonly limits: WebgpuLimits;
}

const PAGE_BYTES = 65536;

export function beginPass({ device, memory, pipelines, limits }: PassParts): Pass {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  const taken: [TemporaryKind, GPUBuffer][] = [];
  const slot = roundedUp(PARAMS_BYTES, device.limits.minUniformBufferOffsetAlignment);
  const pages: { readonly buffer: GPUBuffer; readonly bytes: Uint8Array<ArrayBuffer>; used: number }[] = [];

  return {
    dispatch({ layout, pipeline, params, bindings, workgroups }) {
      const most = limits.maxComputeWorkgroupsPerDimension;
      pass.setPipeline(pipeline);
      for (let firstTile = 0; firstTile < workgroups;) {
        const rest = workgroups - firstTile;
        const x = Math.min(rest, most);
        const y = Math.min(Math.floor(rest / x), most);
        const resources = [placeParams({ ...params, firstTile }), ...bindings];
        const entries = resources.map((resource, binding) => ({ binding, resource }));
        pass.setBindGroup(0, device.createBindGroup({ layout: pipelines.bindGroupLayout(layout), entries }));
        pass.dispatchWorkgroups(x, y);
        firstTile += x * y;
      }
    },
    temporary: (byteLength) => take('storage', byteLength),
    submit(after) {
      pass.end();
      after?.(encoder);
      for (const { buffer, bytes, used } of pages) device.queue.writeBuffer(buffer, 0, bytes, 0, used);
      device.queue.submit([encoder.finish()]);
      for (const [kind, buffer] of taken) memory.giveBack(kind, buffer);
    },
  };

  function take(kind: TemporaryKind, byteLength: number): GPUBuffer {
    const buffer = memory.take(kind, byteLength);
    taken.push([kind, buffer]);
    return buffer;
  }

  function placeParams(params: Params): Binding {
    let page = pages.at(-1);
    if (page === undefined || page.used + slot > PAGE_BYTES) {
      page = { buffer: take('uniform', PAGE_BYTES), bytes: new Uint8Array(PAGE_BYTES), used: 0 };
      pages.push(page);
    }
    const offset = page.used;
    const view = new DataView(page.bytes.buffer, offset, PARAMS_BYTES);
    for (const [at, name] of PARAMS.entries()) {
      if (FLOAT_PARAMS.includes(name)) view.setFloat32(4 * at, params[name], true);
      else view.setUint32(4 * at, params[name], true);
    }
    page.used += slot;
    return { buffer: page.buffer, offset, size: PARAMS_BYTES };
  }
}
