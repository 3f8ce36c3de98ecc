import { FewbitError, type StackPart } from '@fewbit/core';
import { MAP_READ } from './device/flags.ts';
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
  /** Gives the buffer back: later tensors may take it. Calling it twice is allowed. */
  readonly release: () => void;
}

export interface TensorParts {
  readonly device: GPUDevice;
  readonly memory: DeviceMemory;
}

export function strideOf(columns: number): number {
  return roundedUp(columns, ROW_UNIT);
}

export function createTensor({ memory }: TensorParts, rows: number, columns: number): WebgpuTensor {
  const stride = strideOf(columns);
  const buffer = memory.take('storage', rows * stride * 4);
  let released = false;
  return {
    ...{ rows, columns, stride, offset: 0, buffer },
    release() {
      if (!released) memory.giveBack('storage', buffer);
      released = true;
    },
  };
}

/** Bytes from the first element of rows to the end of the last one's padding. */
export function bytesOfRows({ columns, stride }: WebgpuTensor, rows: number): number {
  return ((rows - 1) * stride + strideOf(columns)) * 4;
}

/** Columns of results begin at multiples of this many where they are tensors of their own: 256 bytes, where a binding may begin. */
export const PART_COLUMNS = 64;

/** Columns of a tensor as tensors, each padded with zeros there. The last one's release gives the buffer back. */
export function columnsOf(tensor: WebgpuTensor, parts: readonly StackPart[]): readonly WebgpuTensor[] {
  const { rows, stride, buffer } = tensor;
  let held = parts.length;
  return parts.map(({ first, outFeatures }) => {
    let released = false;
    return {
      ...{ rows, columns: outFeatures, stride, offset: tensor.offset + first * 4, buffer },
      release() {
        if (!released) held -= 1;
        released = true;
        if (held === 0) tensor.release();
      },
    };
  });
}

/** Writes activations [rows, columns] into a tensor of that shape. */
export function writeTensor(
  { device }: TensorParts,
  { rows, columns, stride, buffer }: WebgpuTensor,
  x: Float32Array,
): void {
  let values = x;
  if (stride !== columns) {
    values = new Float32Array(rows * stride);
    for (let row = 0; row < rows; row += 1) values.set(x.subarray(row * columns, (row + 1) * columns), row * stride);
  }
  device.queue.writeBuffer(buffer, 0, values.buffer, values.byteOffset, values.byteLength);
}

/** Begins to read a tensor: `copy` goes to the end of a command buffer, `finish` gives the values once that was submitted. */
export function readTensor(
  { memory }: TensorParts,
  tensor: WebgpuTensor,
): { readonly copy: (encoder: GPUCommandEncoder) => void; readonly finish: () => Promise<Float32Array> } {
  const { rows, columns, stride, offset, buffer } = tensor;
  const byteLength = bytesOfRows(tensor, rows);
  const readback = memory.take('readback', byteLength);
  return {
    copy: (encoder) => {
      encoder.copyBufferToBuffer(buffer, offset, readback, 0, byteLength);
    },
    async finish() {
      try {
        await readback.mapAsync(MAP_READ, 0, byteLength);
      } catch (cause) {
        memory.destroy(readback);
        throw new FewbitError('FEWBIT_BACKEND_UNAVAILABLE', {
          message: 'the GPU gave no result',
          hint: 'Make the backend and its layers again.',
          cause,
        });
      }
      const padded = new Float32Array(readback.getMappedRange(0, byteLength));
      const values = new Float32Array(rows * columns);
      for (let row = 0; row < rows; row += 1) {
        values.set(padded.subarray(row * stride, row * stride + columns), row * columns);
      }
      readback.unmap();
      memory.giveBack('readback', readback);
      return values;
    },
  };
}
