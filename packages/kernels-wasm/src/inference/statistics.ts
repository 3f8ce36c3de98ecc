import type { FloatDtype } from '@fewbit/core';
import { DTYPE_CODE } from '../quantizing/codes.ts';
import type { LayerMemory } from './layer-memory.ts';
import { PANEL, type Pieces } from './panels.ts';

/** Statistics of rows of W: of each of its groups, or one of several rows. */
export interface RowStatistics {
  readonly rows: number;
  readonly groups: number;
  /** Rows that share a block; then each has one group. */
  readonly shared: number;
  readonly scale: Uint8Array;
  readonly dtype: FloatDtype;
  /** Integers, or bytes of the scales' dtype; null: all are 0. */
  readonly zeroPoint: Int8Array | Uint8Array | null;
}

export interface PackedStatistics {
  /** f32[panels, groups, 8]. */
  readonly scale: number;
  /** i8, of the same shape. */
  readonly zeroPoint: number;
  /** f32, of the same shape: what is left of zero points in the floating-point domain; 0 where there are none. */
  readonly rest: number;
}

const NO_ZEROS = 0;
const INTEGER_ZEROS = 1;
const FLOAT_ZEROS = 2;

export function packStatistics(
  memory: LayerMemory,
  pieces: Pieces,
  { rows, groups, shared, scale, dtype, zeroPoint }: RowStatistics,
): PackedStatistics {
  const count = Math.ceil(rows / PANEL) * PANEL * groups;
  const zeroKind = zeroPoint === null ? NO_ZEROS : zeroPoint instanceof Int8Array ? INTEGER_ZEROS : FLOAT_ZEROS;
  const packed = {
    scale: pieces.allocate(4 * count),
    zeroPoint: pieces.allocate(count),
    rest: zeroKind === FLOAT_ZEROS ? pieces.allocate(4 * count) : 0,
  };
  const zeroBytes = zeroPoint?.byteLength ?? 0;
  const stage = memory.allocate(scale.byteLength + zeroBytes);
  const zeros = stage + scale.byteLength;
  memory.bytes(stage, scale.byteLength).set(scale);
  if (zeroPoint !== null) memory.bytes(zeros, zeroBytes).set(zeroPoint);
  memory.kernels.packStatistics(
    ...([stage, DTYPE_CODE[dtype], zeros, zeroKind, 0, rows, groups, shared] as const),
    ...([packed.scale, packed.zeroPoint, packed.rest] as const),
  );
  memory.free(stage);
  return packed;
}
