import { FewbitError } from '@fewbit/core';

/** What a backend keeps below when it binds and dispatches; larger work is split. */
export interface WebgpuLimits {
  readonly maxStorageBufferBindingSize: number;
  readonly maxBufferSize: number;
  readonly maxComputeWorkgroupsPerDimension: number;
}

/** The device's, or less where the caller says so. */
export function limitsOf(device: GPUDevice, lowered: Partial<WebgpuLimits>): WebgpuLimits {
  const least = (name: keyof WebgpuLimits): number => Math.min(device.limits[name], lowered[name] ?? Infinity);
  return {
    maxStorageBufferBindingSize: least('maxStorageBufferBindingSize'),
    maxBufferSize: least('maxBufferSize'),
    maxComputeWorkgroupsPerDimension: least('maxComputeWorkgroupsPerDimension'),
  };
}

/** What is thrown for work whose smallest part exceeds a limit. */
export function beyondLimits(message: string, allowed: number): FewbitError {
  return new FewbitError('FEWBIT_INFERENCE_INVALID', { message, allowed: `at most ${allowed} bytes on this device` });
}

/** Rows of `rowBytes` in parts that each fit one binding, all but the last a multiple of `unit` rows. */
export function partsOf(
  rows: number,
  rowBytes: number,
  unit: number,
  { maxStorageBufferBindingSize, maxBufferSize }: WebgpuLimits,
): readonly (readonly [start: number, end: number])[] {
  const limit = Math.min(maxStorageBufferBindingSize, maxBufferSize);
  const fitting = Math.floor(limit / rowBytes);
  const size = fitting >= rows ? rows : Math.floor(fitting / unit) * unit;
  if (size === 0 && rows > 0) throw beyondLimits(`a row takes ${rowBytes} bytes`, Math.floor(limit / unit));
  const parts: [number, number][] = [];
  for (let start = 0; start < rows; start += size) parts.push([start, Math.min(start + size, rows)]);
  return parts;
}
