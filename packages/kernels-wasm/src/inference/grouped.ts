import type { ActivationQuantization, LinearRequest } from '@fewbit/core';
import type { Step } from '../module/steps.ts';
import { DTYPE_CODE } from '../quantizing/codes.ts';
import { quantizedRows, quantizedRowsBytes } from './activations.ts';
import type { LinearFamily, LinearRun } from './family.ts';
import { groupedForm, groupLengthOf, type GroupedForm } from './grouped-form.ts';
import { packGrouped, TILE_COLUMNS } from './grouped-pack.ts';
import { spaced, type LayerMemory } from './layer-memory.ts';

/** Bytes of what kernels note of a row's group of activations (assembly/inference/grouped-layout.ts). */
const RECORD_BYTES = 16;
/** Rows that share a tile once it is unpacked (assembly/inference/grouped-rows.ts). */
const ROWS_PER_BLOCK = 120;
/** Of a group in such a tile (the same file). */
const UNPACKED_HEAD_BYTES = 96;

/** Rows of activations that kernels take together (assembly/inference/grouped-layout.ts). */
const TILE_ROWS = 6;
const WIDE_TILE_ROWS = 4;

/** Codes in groups along a row, under int8 activations: dot products of integers, exact within a group. */
export const groupedFamily: LinearFamily = {
  takes: ({ weight, activations }) => {
    if (activations === null || weight.kind === 'float') return false;
    const length = groupLengthOf(weight);
    // A quad of codes is the least that kernels multiply at once.
    return length !== null && length % 4 === 0;
  },
  load: (memory, request) => {
    const { weight, bias, activations } = request;
    if (activations === null || weight.kind === 'float') throw new Error('not a request that this family takes');
    const length = groupLengthOf(weight) ?? 0;
    const form = groupedForm(memory.dots, weight, length, activations);
    const { weights, byteLength } = packGrouped(memory, weight, form);
    const biasAt = bias === null ? 0 : memory.allocate(bias.byteLength);
    if (bias !== null) memory.floats(biasAt, bias.length).set(bias);
    const layer = { request, activations, form, weights, byteLength, bias: biasAt };
    return {
      packing: `int${form.bits}, ${TILE_COLUMNS} rows interleaved, groups of ${length}, ${form.wide ? 'in 16 bits' : 'in 8 bits'}`,
      byteLength,
      scratchBytes: (rows) => scratchBytes(memory, layer, rows),
      steps: (run) => steps(layer, run),
      release: () => {
        memory.free(weights);
        if (biasAt !== 0) memory.free(biasAt);
      },
    };
  },
};

interface GroupedLayer {
  readonly request: Pick<LinearRequest, 'weight' | 'dtype'>;
  readonly activations: ActivationQuantization;
  readonly form: GroupedForm;
  readonly weights: number;
  readonly byteLength: number;
  /** 0: none. */
  readonly bias: number;
}

/** Whether rows go one by one: it takes more of them until unpacking the weight pays. */
function areFew(rows: number, { wide }: GroupedForm): boolean {
  return rows <= (wide ? 2 : 4);
}

/** Where a run's activations lie once they are quantized. */
interface Arrangement {
  readonly arrangedBytes: number;
  readonly recordBytes: number;
  /** A tile of the weight as it is unpacked. */
  readonly tileBytes: number;
}

function arrangementOf({ request, form }: GroupedLayer, rows: number): Arrangement {
  const { inFeatures } = request.weight;
  const width = form.wide ? 2 : 1;
  const tileRows = form.wide ? WIDE_TILE_ROWS : TILE_ROWS;
  const padded = areFew(rows, form) ? rows : Math.ceil(rows / tileRows) * tileRows;
  const groups = inFeatures / form.length;
  const counted = groups * (form.length + 4 * form.zeroQuads);
  return {
    arrangedBytes: spaced(width * padded * counted),
    recordBytes: spaced(padded * groups * RECORD_BYTES),
    tileBytes: spaced(width * TILE_COLUMNS * counted + groups * UNPACKED_HEAD_BYTES),
  };
}

function scratchBytes(memory: LayerMemory, layer: GroupedLayer, rows: number): number {
  const { arrangedBytes, recordBytes, tileBytes } = arrangementOf(layer, rows);
  const quantized = quantizedRowsBytes(rows, layer.request.weight.inFeatures);
  return quantized + arrangedBytes + recordBytes + memory.threads * tileBytes;
}

function steps(layer: GroupedLayer, { rows, x, y, scratch }: LinearRun): readonly Step[] {
  const { request, activations, form, weights, byteLength, bias } = layer;
  const { inFeatures, outFeatures } = request.weight;
  const { arrangedBytes, recordBytes, tileBytes } = arrangementOf(layer, rows);
  const quantized = quantizedRows(activations, request.dtype, { x, rows, columns: inFeatures, at: scratch });
  const arranged = quantized.end;
  const records = arranged + arrangedBytes;
  const own = records + recordBytes;
  const words = [
    ...[quantized.codes, arranged, records, quantized.scale, quantized.zeroPoint, weights],
    ...[rows, inFeatures, outFeatures, form.length, form.correction, form.offset],
    ...[form.statisticsDtype === 'BF16' ? 1 : 0, form.floatZeros ? 1 : 0, bias, DTYPE_CODE[request.dtype], y],
    ...[form.bits > 4 ? 1 : 0, form.zeroQuads],
  ];
  const tiles = Math.ceil(outFeatures / TILE_COLUMNS);
  const common = { words, own, ownBytes: tileBytes };
  const read = { at: weights, byteLength };
  if (areFew(rows, form)) {
    const [group, product] = form.wide
      ? (['groupRowWide', 'groupedRowWide'] as const)
      : (['groupRow', 'groupedRow'] as const);
    return [
      quantized.step,
      { ...common, kernel: group, units: rows, weights: null },
      { ...common, kernel: product, units: Math.ceil(tiles / (form.wide ? 2 : 4)), weights: { ...read, times: 1 } },
    ];
  }
  const [group, product] = form.wide
    ? (['groupRowsWide', 'groupedRowsWide'] as const)
    : (['groupRows', 'groupedRows'] as const);
  const rowTiles = Math.ceil(rows / (form.wide ? WIDE_TILE_ROWS : TILE_ROWS));
  return [
    quantized.step,
    { ...common, kernel: group, units: rowTiles, weights: null },
    {
      ...{ ...common, kernel: product, units: tiles * Math.ceil(rows / ROWS_PER_BLOCK) },
      weights: { ...read, times: rowTiles },
    },
  ];
}
