import type { LayerMemory } from './layer-memory.ts';

/** Rows of W that lie side by side (assembly/inference/panels.ts). */
export const PANEL = 8;
/** Rows are filled with zeros to a multiple of this many bytes. */
const PIECE = 16;
/** Rows that are packed at once: few enough to stay in a cache on their way. */
const STAGE_BYTES = 262144;

/** What one layer holds. */
export interface Pieces {
  readonly allocate: (byteLength: number) => number;
  readonly byteLength: () => number;
  readonly release: () => void;
}

/** Makes what a layer holds; where that throws, all of it is given back. */
export function inPieces<T>(memory: LayerMemory, make: (pieces: Pieces) => T): T {
  const held: number[] = [];
  let total = 0;
  const release = (): void => {
    for (const address of held.splice(0)) memory.free(address);
  };
  try {
    return make({
      allocate: (byteLength) => {
        const address = memory.allocate(byteLength);
        held.push(address);
        total += byteLength;
        return address;
      },
      byteLength: () => total,
      release,
    });
  } catch (error) {
    release();
    throw error;
  }
}

/** Rows of bytes, as a checkpoint has them. */
export interface SourceRows {
  readonly bytes: Uint8Array | Int8Array;
  readonly rows: number;
  /** Of a row. */
  readonly rowBytes: number;
}

export interface PanelLayout {
  /** Bytes of a row that stay together: 1, 2 or 4. */
  readonly unit: number;
  /** Whether rows 0 to 3 of a panel alternate with rows 4 to 7. */
  readonly paired: boolean;
  /** Bits that are inverted in each 32 (units of 4 bytes, or paired ones of 1). */
  readonly flip: number;
}

/**
 * Packs rows into panels of 8. `prepare` sees the rows from `first` on as they lie in the memory, may change them in place, and
 * gives the bytes that each has then; it allocates nothing.
 */
export function packPanels(
  memory: LayerMemory,
  pieces: Pieces,
  { bytes, rows, rowBytes }: SourceRows,
  { unit, paired, flip }: PanelLayout,
  packedRowBytes: number = rowBytes,
  prepare?: (stage: number, first: number, count: number) => void,
): number {
  const panelBytes = panelBytesOf(packedRowBytes);
  const target = pieces.allocate(Math.ceil(rows / PANEL) * panelBytes);
  const most = Math.max(Math.floor(STAGE_BYTES / rowBytes / PANEL), 1) * PANEL;
  const stage = memory.allocate(Math.min(most, rows) * rowBytes);
  try {
    for (let first = 0; first < rows; first += most) {
      const count = Math.min(most, rows - first);
      memory.bytes(stage, count * rowBytes).set(bytes.subarray(first * rowBytes, (first + count) * rowBytes));
      prepare?.(stage, first, count);
      const to = target + (first / PANEL) * panelBytes;
      memory.kernels.packPanels(stage, packedRowBytes, count, unit, paired ? 1 : 0, flip, to);
    }
  } finally {
    memory.free(stage);
  }
  return target;
}

/** Bytes of a panel of rows of so many bytes. */
export function panelBytesOf(rowBytes: number): number {
  return PANEL * Math.ceil(rowBytes / PIECE) * PIECE;
}

/** f32[N], and some behind: biases, -0 where there are none, so that adding them changes nothing. */
export function packBiases(memory: LayerMemory, pieces: Pieces, bias: Float32Array | null, rows: number): number {
  const count = Math.ceil(rows / PANEL) * PANEL;
  const address = pieces.allocate(4 * count);
  const biases = memory.floats(address, count).fill(-0);
  if (bias !== null) biases.set(bias);
  return address;
}

/** Rows of all tiles (assembly/inference/register-tile.ts). */
export function evenRows(rows: number): number {
  return rows === 1 ? 1 : rows + (rows % 2);
}
