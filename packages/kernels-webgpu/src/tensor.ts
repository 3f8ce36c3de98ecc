import { FewbitError, type StackPart } from '@fewbit/core';
import { roundedUp, type DeviceMemory } from './device/memory.ts';
import { ROW_UNIT } from './wgsl/tiles.ts';

/**
 * Activations on the device: f32[rows, columns]. They begin `offset` bytes into `buffer`, a multiple of 256, and their rows `stride`
 * elements after each other, a multiple of 32. Each row is padded with zeros to `columns` rounded up to a multiple of 32.
 */
export interface WebgpuTensor {
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
  readonly offset: number;
  readonly buffer: GPUBuffer;
  /**
   * Gives the buffer back, once every pass that uses it was submitted: later tensors may take it. Calling it twice is allowed; any
   * other use of the tensor after it throws.
   */
  readonly release: () => void;
}

/** The tensors of one backend: it takes no others. */
export interface Tensors {
  /** With any contents. */
  readonly create: (rows: number, columns: number) => WebgpuTensor;
  /** Columns of a tensor as tensors, each padded with zeros there, which take its place. The last one's release gives the buffer back. */
  readonly cut: (tensor: WebgpuTensor, parts: readonly StackPart[]) => readonly WebgpuTensor[];
  /** @throws FewbitError (`FEWBIT_INFERENCE_INVALID`) for a tensor that was released, or is not one of these. */
  readonly check: (tensor: WebgpuTensor) => void;
  /** Keeps a tensor's buffer, even when it is released, until what this gives is called. Checks it, too. */
  readonly hold: (tensor: WebgpuTensor) => () => void;
}

export function strideOf(columns: number): number {
  return roundedUp(columns, ROW_UNIT);
}

/** What all who hold a buffer share. */
interface Lease {
  readonly buffer: GPUBuffer;
  holders: number;
}

type Shape = Pick<WebgpuTensor, 'rows' | 'columns' | 'stride' | 'offset'>;

export function createTensors(memory: DeviceMemory): Tensors {
  /** Null: released. */
  const leases: WeakMap<WebgpuTensor, Lease | null> = new WeakMap();
  return {
    create(rows, columns) {
      const stride = strideOf(columns);
      const buffer = memory.take('storage', rows * stride * 4);
      return leased({ rows, columns, stride, offset: 0 }, { buffer, holders: 0 });
    },
    cut(tensor, parts) {
      const lease = leaseOf(tensor);
      const { rows, stride, offset } = tensor;
      const cut = parts.map(({ first, outFeatures }) =>
        leased({ rows, columns: outFeatures, stride, offset: offset + first * 4 }, lease),
      );
      tensor.release();
      return cut;
    },
    check(tensor) {
      leaseOf(tensor);
    },
    hold(tensor) {
      const lease = leaseOf(tensor);
      lease.holders += 1;
      return () => {
        drop(lease);
      };
    },
  };

  function leased(shape: Shape, lease: Lease): WebgpuTensor {
    lease.holders += 1;
    const tensor: WebgpuTensor = {
      ...shape,
      buffer: lease.buffer,
      release() {
        if (leases.get(tensor) === lease) drop(lease);
        leases.set(tensor, null);
      },
    };
    leases.set(tensor, lease);
    return tensor;
  }

  function drop(lease: Lease): void {
    lease.holders -= 1;
    if (lease.holders === 0) memory.giveBack('storage', lease.buffer);
  }

  function leaseOf(tensor: WebgpuTensor): Lease {
    const lease = leases.get(tensor);
    if (lease === null)
      throw new FewbitError('FEWBIT_INFERENCE_INVALID', { message: 'a tensor was used after it was released' });
    if (lease !== undefined) return lease;
    throw new FewbitError('FEWBIT_INFERENCE_INVALID', {
      message: 'a tensor was given that is not of this backend',
      allowed: 'what upload, forward, run and runStack of the same backend gave',
      hint: 'Read it from its own backend and upload it to this one.',
    });
  }
}

/** Bytes from the first element of rows to the end of the last one's padding. */
export function bytesOfRows({ columns, stride }: WebgpuTensor, rows: number): number {
  return ((rows - 1) * stride + strideOf(columns)) * 4;
}

/** Columns of results begin at multiples of this many where they are tensors of their own: 256 bytes, where a binding may begin. */
export const PART_COLUMNS = 64;
