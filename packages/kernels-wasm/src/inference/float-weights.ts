import {
  checkCodes,
  fromFloat32,
  toFloat32,
  type AffineWeight,
  type FloatDtype,
  type FloatWeight,
  type Int4Weight,
  type LinearWeight,
} from '@fewbit/core';
import { DTYPE_CODE } from '../quantizing/codes.ts';
import type { LayerMemory } from './layer-memory.ts';
import { PANEL, packPanels, panelBytesOf, type Pieces } from './panels.ts';
import { packStatistics, type PackedStatistics, type RowStatistics } from './statistics.ts';

/** A weight as the kernels of floating-point activations keep it (assembly/inference/float-weights.ts). */
export interface FloatPanels {
  readonly kind: FloatPanelKind;
  readonly packing: string;
  readonly panels: number;
  /** Columns that share statistics; all of them where there are none. */
  readonly groupSize: number;
  readonly statistics: PackedStatistics;
  /** f32[K] by which activations are multiplied: scales of columns; 0 for none. */
  readonly factors: number;
  /** i16[panels, blocks of 32, 8] sums of codes, of quads; else 0. */
  readonly blockSums: number;
}

/** Quads are multiplied with dot products of bytes. */
export type FloatPanelKind = FloatDtype | 'INT8' | 'INT4' | 'INT8_QUADS' | 'INT4_QUADS';

export const PANEL_CODE: Readonly<Record<FloatPanelKind, number>> = {
  ...{ F32: 0, BF16: 1, F16: 2 },
  ...{ INT8: 3, INT4: 4, INT8_QUADS: 5, INT4_QUADS: 6 },
};

/** Of each weight. */
export const PANEL_BITS: Readonly<Record<FloatPanelKind, number>> = {
  ...{ F32: 32, BF16: 16, F16: 16 },
  ...{ INT8: 8, INT4: 4, INT8_QUADS: 8, INT4_QUADS: 4 },
};

/** Activations that become integers together (assembly/inference/float-digits.ts). */
export const DIGIT_BLOCK = 32;

const NO_STATISTICS: PackedStatistics = { scale: 0, zeroPoint: 0, rest: 0 };

/** Packs any weight. */
export function packFloatPanels(memory: LayerMemory, pieces: Pieces, weight: LinearWeight): FloatPanels {
  switch (weight.kind) {
    case 'float':
      return packFloats(memory, pieces, weight);
    case 'int4':
      return weight.groupSize % WORD_NIBBLES === 0
        ? packNibbles(memory, pieces, weight)
        : packFloats(memory, pieces, dequantizedInt4(memory, weight));
    case 'affine':
      return packAffine(memory, pieces, weight);
  }
}

/** Columns of INT4 panels that share 32 bits. */
const WORD_NIBBLES = 8;

/** How codes are laid out. Nibbles stand for codes from 0 on, but for the last in a word of INT4: see the kernels. */
const LAYOUTS = {
  INT8: { unit: 1, paired: false, flip: 0 },
  INT8_QUADS: { unit: 4, paired: false, flip: 0 },
  INT4: { unit: 4, paired: false, flip: 0x08888888 },
  INT4_QUADS: { unit: 4, paired: false, flip: 0x88888888 | 0 },
} as const;

function kindOf(memory: LayerMemory, bits: number, groupSize: number, groups: number): keyof typeof LAYOUTS {
  const quads = memory.dots !== 'none' && (groups === 1 || groupSize % DIGIT_BLOCK === 0);
  if (bits <= 4 && groupSize % WORD_NIBBLES === 0) return quads ? 'INT4_QUADS' : 'INT4';
  return quads ? 'INT8_QUADS' : 'INT8';
}

function sumBlocks(
  { kernels }: LayerMemory,
  pieces: Pieces,
  kind: FloatPanelKind,
  panelsAt: number,
  rows: number,
  columns: number,
): number {
  if (kind !== 'INT8_QUADS' && kind !== 'INT4_QUADS') return 0;
  const bits = kind === 'INT4_QUADS' ? 4 : 8;
  const panels = Math.ceil(rows / PANEL);
  const target = pieces.allocate(2 * PANEL * panels * Math.ceil(columns / DIGIT_BLOCK));
  kernels.sumBlocks(panelsAt, bits, panelBytesOf((columns * bits) / 8), panels, target);
  return target;
}

function packFloats(memory: LayerMemory, pieces: Pieces, weight: FloatWeight): FloatPanels {
  const { outFeatures: rows, inFeatures: columns, values } = weight;
  // Kernels take finite f16; of a weight with others, the results are to be the same all the same.
  const dtype = weight.dtype === 'F16' && hasUnbounded(memory, values) ? 'F32' : weight.dtype;
  const bytes = dtype === weight.dtype ? values : fromFloat32(toFloat32(values.slice(), weight.dtype), dtype);
  const unit = dtype === 'F32' ? 4 : 2;
  const source = { bytes, rows, rowBytes: columns * unit };
  return {
    kind: dtype,
    packing: `${dtype.toLowerCase()}, 8 rows side by side`,
    panels: packPanels(memory, pieces, source, { unit, paired: unit === 2, flip: 0 }),
    ...{ groupSize: columns, statistics: NO_STATISTICS, factors: 0, blockSums: 0 },
  };
}

function hasUnbounded(memory: LayerMemory, values: Uint8Array): boolean {
  const stage = memory.allocate(values.byteLength);
  memory.bytes(stage, values.byteLength).set(values);
  const found = memory.kernels.anyUnbounded(stage, values.byteLength / 2) !== 0;
  memory.free(stage);
  return found;
}

function packNibbles(memory: LayerMemory, pieces: Pieces, weight: Int4Weight): FloatPanels {
  const { outFeatures: rows, inFeatures: columns, groupSize, packed, scale, zeroPoint, dtype } = weight;
  const groups = columns / groupSize;
  const kind = kindOf(memory, 4, groupSize, groups);
  const panels = packPanels(memory, pieces, { bytes: packed, rows, rowBytes: columns / 2 }, LAYOUTS[kind]);
  return {
    ...{ kind, panels, groupSize, factors: 0 },
    packing: describeGroups(kind, groupSize, columns),
    statistics: packStatistics(memory, pieces, { rows, groups, shared: 1, scale, dtype, zeroPoint }),
    blockSums: sumBlocks(memory, pieces, kind, panels, rows, columns),
  };
}

function packAffine(memory: LayerMemory, pieces: Pieces, weight: AffineWeight): FloatPanels {
  const { outFeatures: rows, inFeatures: columns, bits, qdata, view } = weight;
  const byColumn = view.outer === 1 && view.inner === columns && weight.zeroPoint === null;
  const statistics = byColumn ? unitScales(rows) : rowStatistics(weight);
  if (statistics === null) return packFloats(memory, pieces, dequantizedAffine(memory, weight));
  const groupSize = columns / statistics.groups;
  const kind = kindOf(memory, bits, groupSize, statistics.groups);
  const nibbles = kind === 'INT4' || kind === 'INT4_QUADS';
  const { kernels } = memory;
  const panels = packPanels(
    ...([memory, pieces, { bytes: qdata, rows, rowBytes: columns }, LAYOUTS[kind]] as const),
    nibbles ? columns / 2 : columns,
    (stage, _first, count) => {
      if (bits < 8 && kernels.codesFit(stage, count * columns, bits) === 0) checkCodes(qdata, bits);
      if (nibbles) kernels.packNibbles(stage, count * columns, stage);
    },
  );
  return {
    ...{ kind, panels, groupSize },
    packing: describeGroups(kind, groupSize, columns) + (byColumn ? ', scales of columns' : ''),
    statistics: packStatistics(memory, pieces, statistics),
    factors: byColumn ? packFactors(memory, pieces, weight) : 0,
    blockSums: sumBlocks(memory, pieces, kind, panels, rows, columns),
  };
}

function describeGroups(kind: keyof typeof LAYOUTS, groupSize: number, columns: number): string {
  const codes = { INT8: 'int8', INT8_QUADS: 'int8 in quads', INT4: 'int4', INT4_QUADS: 'int4 in quads' }[kind];
  return `${codes}, 8 rows side by side${groupSize === columns ? '' : `, groups of ${groupSize}`}`;
}

/** Of blocks that are parts of rows or made of whole ones; else null. */
function rowStatistics(weight: AffineWeight): RowStatistics | null {
  const { outFeatures: rows, inFeatures: columns, view, scale, scaleDtype: dtype, zeroPoint } = weight;
  if (view.inner !== 1) return null;
  if (view.length % columns === 0) {
    return { rows, groups: 1, shared: view.length / columns, scale, dtype, zeroPoint };
  }
  return columns % view.length === 0
    ? { rows, groups: columns / view.length, shared: 1, scale, dtype, zeroPoint }
    : null;
}

function unitScales(rows: number): RowStatistics {
  const scale = fromFloat32(Float32Array.of(1), 'F32');
  return { rows, groups: 1, shared: rows, scale, dtype: 'F32', zeroPoint: null };
}

function packFactors(memory: LayerMemory, pieces: Pieces, { scale, scaleDtype }: AffineWeight): number {
  const values = toFloat32(scale.slice(), scaleDtype);
  const address = pieces.allocate(4 * values.length);
  memory.floats(address, values.length).set(values);
  return address;
}

/** Blocks in any other place, as f32. */
function dequantizedAffine(memory: LayerMemory, weight: AffineWeight): FloatWeight {
  const { outFeatures, inFeatures, qdata, bits, view, scale, scaleDtype, zeroPoint } = weight;
  const { kernels } = memory;
  const zeros = zeroPoint ?? new Int8Array(0);
  const [codesAt, scaleAt, zeroAt, output, free] = staged(memory, [qdata, scale, zeros], 4 * qdata.length);
  const fits = bits === 8 || kernels.codesFit(codesAt, qdata.length, bits) !== 0;
  kernels.dequantizeAffine(
    ...([codesAt, view.outer, view.length, view.inner, scaleAt, DTYPE_CODE[scaleDtype]] as const),
    ...([zeroPoint === null ? 0 : zeroAt, output, DTYPE_CODE.F32] as const),
  );
  const values = memory.bytes(output, 4 * qdata.length).slice();
  free();
  if (!fits) checkCodes(qdata, bits);
  return { kind: 'float', outFeatures, inFeatures, dtype: 'F32', values };
}

function dequantizedInt4(memory: LayerMemory, weight: Int4Weight): FloatWeight {
  const { outFeatures, inFeatures, groupSize, packed, dtype } = weight;
  const widened = (bytes: Uint8Array): Uint8Array => fromFloat32(toFloat32(bytes.slice(), dtype), 'F32');
  const inputs = [packed, widened(weight.scale), widened(weight.zeroPoint)] as const;
  const elements = outFeatures * inFeatures;
  const [packedAt, scaleAt, zeroAt, output, free] = staged(memory, inputs, 4 * elements);
  memory.kernels.dequantizeInt4(packedAt, elements / groupSize, groupSize, scaleAt, zeroAt, output, DTYPE_CODE.F32);
  const values = memory.bytes(output, 4 * elements).slice();
  free();
  return { kind: 'float', outFeatures, inFeatures, dtype: 'F32', values };
}

type Staged = readonly [first: number, second: number, third: number, output: number, free: () => void];

/** Copies of three arrays and room for a result, for a kernel that runs once. */
function staged(
  memory: LayerMemory,
  [first, second, third]: readonly [Bytes, Bytes, Bytes],
  outputBytes: number,
): Staged {
  const held: number[] = [];
  const free = (): void => {
    for (const address of held.splice(0)) memory.free(address);
  };
  const reserve = (byteLength: number): number => {
    const address = memory.allocate(byteLength);
    held.push(address);
    return address;
  };
  const copy = (bytes: Bytes): number => {
    const address = reserve(bytes.byteLength);
    memory.bytes(address, bytes.byteLength).set(bytes);
    return address;
  };
  try {
    return [copy(first), copy(second), copy(third), reserve(outputBytes), free];
  } catch (error) {
    free();
    throw error;
  }
}

type Bytes = Uint8Array | Int8Array;
