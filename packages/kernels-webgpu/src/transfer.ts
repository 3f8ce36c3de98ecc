import { FewbitError } from '@fewbit/core';
import { MAP_READ } from './device/flags.ts';
import type { DeviceMemory } from './device/memory.ts';
import { bytesOfRows, type WebgpuTensor } from './tensor.ts';

export interface TransferParts {
  readonly device: GPUDevice;
  readonly memory: DeviceMemory;
}

/** Writes activations [rows, columns] into a tensor of that shape. */
export function writeTensor(
  { device }: TransferParts,
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
  { memory }: TransferParts,
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
