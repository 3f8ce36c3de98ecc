import { bytesPerElement, type LinearWeight } from '@fewbit/core';
import { ROW_UNIT } from '../wgsl/tiles.ts';
import { roundedUp } from '../device/memory.ts';
import type { LinearForm } from './form.ts';

/** Bytes of one row of the weight on the device, padding included. */
export function packedRowBytes(storage: LinearForm['storage'], inFeatures: number): number {
  return (roundedUp(inFeatures, ROW_UNIT) * { int4: 4, int8: 8, half: 16, float: 32 }[storage]) / 8;
}

/**
 * Writes rows [start, end) of a weight as kernels read them (see CODECS), into memory that is all 0. Codes stay integers and stored
 * floats stay bytes: nothing is widened on the way.
 */
export function packRows(
  weight: LinearWeight,
  storage: LinearForm['storage'],
  [start, end]: readonly [number, number],
  target: Uint8Array,
): void {
  const { inFeatures } = weight;
  const rowBytes = packedRowBytes(storage, inFeatures);
  if (weight.kind === 'int4') {
    const row = new Uint8Array(inFeatures);
    for (let n = start; n < end; n += 1) {
      unpackNibbles(weight.packed.subarray((n * inFeatures) / 2, ((n + 1) * inFeatures) / 2), row);
      const at = target.subarray((n - start) * rowBytes, (n - start + 1) * rowBytes);
      if (storage === 'int4') packNibbles(row, at);
      else for (let k = 0; k < inFeatures; k += 1) at[k] = (row[k] ?? 0) - 8;
    }
    return;
  }
  if (weight.kind === 'affine' && storage === 'int4') {
    const row = new Uint8Array(inFeatures);
    for (let n = start; n < end; n += 1) {
      for (let k = 0; k < inFeatures; k += 1) row[k] = (weight.qdata[n * inFeatures + k] ?? 0) + 8;
      packNibbles(row, target.subarray((n - start) * rowBytes, (n - start + 1) * rowBytes));
    }
    return;
  }
  const { bytes, stored } =
    weight.kind === 'affine'
      ? { bytes: bytesOf(weight.qdata), stored: inFeatures }
      : { bytes: weight.values, stored: inFeatures * bytesPerElement(weight.dtype) };
  if (stored === rowBytes) {
    target.set(bytes.subarray(start * stored, end * stored));
    return;
  }
  for (let n = start; n < end; n += 1) {
    target.set(bytes.subarray(n * stored, (n + 1) * stored), (n - start) * rowBytes);
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Int8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Two's complement nibbles, the even column in the low half, to codes plus 8. */
function unpackNibbles(packed: Uint8Array, codes: Uint8Array): void {
  for (let i = 0; i < packed.length; i += 1) {
    const byte = (packed[i] ?? 0) ^ 0x88;
    codes[2 * i] = byte & 15;
    codes[2 * i + 1] = byte >> 4;
  }
}

/** Codes plus 8 to words of eight: codes 0 to 3 in the low halves of the bytes, 4 to 7 in the high ones. */
function packNibbles(codes: Uint8Array, target: Uint8Array): void {
  for (let word = 0; word < codes.length; word += 8) {
    for (let i = 0; i < 4; i += 1) {
      target[word / 2 + i] = (codes[word + i] ?? 0) | ((codes[word + 4 + i] ?? 0) << 4);
    }
  }
}

/** Statistics of rows [start, end), `width` bytes each, `groups` to a row; those of a block of several rows are repeated. */
export function statisticsOfRows(
  bytes: Uint8Array,
  width: number,
  { groups, rowsPerBlock }: LinearForm,
  [start, end]: readonly [number, number],
): Uint8Array {
  if (rowsPerBlock === 1) return bytes.subarray(start * groups * width, end * groups * width);
  const repeated = new Uint8Array((end - start) * width);
  for (let n = start; n < end; n += 1) {
    const block = Math.floor(n / rowsPerBlock);
    repeated.set(bytes.subarray(block * width, (block + 1) * width), (n - start) * width);
  }
  return repeated;
}

/** Sums of the codes of each row, in f32: exact sums, then rounded once, as the reference does it. */
export function rowSums(qdata: Int8Array, inFeatures: number, [start, end]: readonly [number, number]): Float32Array {
  return Float32Array.from({ length: end - start }, (_, row) => {
    let sum = 0;
    for (let i = (start + row) * inFeatures; i < (start + row + 1) * inFeatures; i += 1) sum += qdata[i] ?? 0;
    return sum;
  });
}
