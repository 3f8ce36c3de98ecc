import { FewbitError } from '@fewbit/core';
import { MAP_READ } from './device/flags.ts';
import { roundedUp, type DeviceMemory } from './device/memory.ts';
import { ROW_UNIT } from './wgsl/tiles.ts';

/**
 * Activations on the device: f32[rows, columns]. In `buffer` each row is padded with zeros to `stride` elements, which is
 * `columns` rounded up to a multiple of 32.
 */
export interface WebgpuTensor {
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
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
    ...{ rows, columns, stride, buffer },
    release() {
      if (!released) memory.giveBack('storage', buffer);
      released = true;
    },
  };
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
  { rows, columns, stride, buffer }: WebgpuTensor,
): { readonly copy: (encoder: GPUCommandEncoder) => void; readonly finish: () => Promise<Float32Array> } {
  const byteLength = rows * stride * 4;
  const readback = memory.take('readback', byteLength);
  return {
    copy: (encoder) => {
      encoder.copyBufferToBuffer(buffer, 0, readback, 0, byteLength);
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
