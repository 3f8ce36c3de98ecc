import { bytesPerElement, checkCodes, type AffineWeight, type Int4Weight } from '@fewbit/core';
import { DTYPE_CODE } from '../quantizing/codes.ts';
import type { GroupedForm } from './grouped-form.ts';
import type { LayerMemory } from './layer-memory.ts';

/** Columns of a result that kernels compute together. */
export const TILE_COLUMNS = 8;
/** What is copied into the module's memory at once. */
const STAGE_BYTES = 1 << 20;

export interface PackedGroups {
  readonly weights: number;
  readonly byteLength: number;
}

/**
 * Packs a weight, some rows at a time.
 *
 * @throws FewbitError (`FEWBIT_INFERENCE_INVALID`) for codes outside their bits, and where memory ends.
 */
export function packGrouped(memory: LayerMemory, weight: AffineWeight | Int4Weight, form: GroupedForm): PackedGroups {
  const { outFeatures, inFeatures } = weight;
  const tileBytes = (inFeatures / form.length) * form.blockBytes;
  const byteLength = Math.ceil(outFeatures / TILE_COLUMNS) * tileBytes;
  const weights = memory.allocate(byteLength);
  try {
    const inRange = packTiles(memory, weight, form, weights, tileBytes);
    // A kernel says that a code is wrong, and this, which one.
    if (!inRange && weight.kind === 'affine') checkCodes(weight.qdata, weight.bits);
    return { weights, byteLength };
  } catch (error) {
    memory.free(weights);
    throw error;
  }
}

function packTiles(
  memory: LayerMemory,
  weight: AffineWeight | Int4Weight,
  { length, parts, bits, offset, correction, floatZeros, statisticsDtype }: GroupedForm,
  weights: number,
  tileBytes: number,
): boolean {
  const { outFeatures, inFeatures } = weight;
  const nibbles = weight.kind === 'int4';
  const rowBytes = nibbles ? inFeatures / 2 : inFeatures;
  const groups = inFeatures / (length * parts);
  const scaleBytes = groups * bytesPerElement(statisticsDtype);
  const zeroBytes = nibbles ? scaleBytes : groups;
  const codes = nibbles ? weight.packed : bytesOf(weight.qdata);
  const zeroPoint = weight.zeroPoint === null ? null : bytesOf(weight.zeroPoint);
  const rowsAtOnce = Math.max(1, Math.floor(STAGE_BYTES / rowBytes / TILE_COLUMNS)) * TILE_COLUMNS;
  const stage = memory.allocate(rowsAtOnce * (rowBytes + scaleBytes + zeroBytes));
  const scale = stage + rowsAtOnce * rowBytes;
  const zero = scale + rowsAtOnce * scaleBytes;
  let inRange = true;
  for (let first = 0; first < outFeatures; first += rowsAtOnce) {
    const end = Math.min(first + rowsAtOnce, outFeatures);
    put(memory, stage, codes, first * rowBytes, end * rowBytes);
    put(memory, scale, weight.scale, first * scaleBytes, end * scaleBytes);
    if (zeroPoint !== null) put(memory, zero, zeroPoint, first * zeroBytes, end * zeroBytes);
    for (let row = first; row < end; row += TILE_COLUMNS) {
      const at = row - first;
      const fits = memory.kernels.packGroups(
        stage + at * rowBytes,
        nibbles ? 1 : 0,
        Math.min(TILE_COLUMNS, end - row),
        inFeatures,
        length,
        parts,
        scale + at * scaleBytes,
        DTYPE_CODE[statisticsDtype],
        zeroPoint === null ? 0 : zero + at * zeroBytes,
        floatZeros ? 1 : 0,
        bits,
        offset,
        correction,
        statisticsDtype === 'BF16' ? 1 : 0,
        weights + (row / TILE_COLUMNS) * tileBytes,
      );
      inRange = inRange && fits !== 0;
    }
  }
  memory.free(stage);
  return inRange;
}

function bytesOf({ buffer, byteOffset, byteLength }: Int8Array | Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function put(memory: LayerMemory, address: number, source: Uint8Array, start: number, end: number): void {
  memory.bytes(address, end - start).set(source.subarray(start, end));
}
