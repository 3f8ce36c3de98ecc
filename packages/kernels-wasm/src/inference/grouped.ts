import type { ActivationQuantization, LinearRequest } from '@fewbit/core';
import type { Step } from '../module/steps.ts';
import { DTYPE_CODE } from '../quantizing/codes.ts';
import { quantizedRows, quantizedRowsBytes } from './activations.ts';
import type { LinearFamily, LinearRun } from './family.ts';
import { groupedForm, groupLengthOf, type GroupedForm } from './grouped-form.ts';
import { packGrouped, TILE_COLUMNS } from './grouped-pack.ts';
import type { LayerMemory } from './layer-memory.ts';

/** Bytes of what kernels note of a row's group of activations (assembly/inference/grouped-layout.ts). */
const RECORD_BYTES = 16;
/** Rows that share a tile once it is unpacked (assembly/inference/grouped-rows.ts). */
const ROWS_PER_BLOCK = 64;

/** Rows of activations that a weight is read once for (assembly/inference/grouped-rows.ts). */
const ROWS_PER_READING = 4;

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
      steps: (run) => steps(memory, layer, run),
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

function scratchBytes(memory: LayerMemory, { request, form }: GroupedLayer, rows: number): number {
  const { inFeatures } = request.weight;
  const records = rows * (inFeatures / form.length) * RECORD_BYTES;
  const tiles = memory.threads * tileBytes(inFeatures, form);
  return quantizedRowsBytes(memory, rows, inFeatures) + aligned(records) + widenedBytes(rows, inFeatures, form) + tiles;
}

function steps(memory: LayerMemory, layer: GroupedLayer, { rows, x, y, scratch }: LinearRun): readonly Step[] {
  const { request, activations, form, weights, byteLength, bias } = layer;
  const { inFeatures, outFeatures } = request.weight;
  const quantized = quantizedRows(memory, activations, request.dtype, { x, rows, columns: inFeatures, at: scratch });
  const records = quantized.end;
  const widened = records + aligned(rows * (inFeatures / form.length) * RECORD_BYTES);
  const own = widened + widenedBytes(rows, inFeatures, form);
  const tiles = Math.ceil(outFeatures / TILE_COLUMNS);
  const words = [
    ...[quantized.codes, form.wide ? widened : 0, records, quantized.scale, quantized.zeroPoint, weights],
    ...[rows, inFeatures, outFeatures, form.length, form.correction, form.offset],
    ...[form.statisticsDtype === 'BF16' ? 1 : 0, form.floatZeros ? 1 : 0, bias, DTYPE_CODE[request.dtype], y],
    form.bits > 4 ? 1 : 0,
  ];
  const product =
    rows === 1
      ? {
          kernel: form.wide ? ('groupedRowWide' as const) : ('groupedRow' as const),
          units: Math.ceil(tiles / (form.wide ? 2 : 4)),
        }
      : {
          kernel: form.wide ? ('groupedRowsWide' as const) : ('groupedRows' as const),
          units: tiles * Math.ceil(rows / ROWS_PER_BLOCK),
        };
  return [
    quantized.step,
    { kernel: 'groupActivations', words, units: rows, weightBytes: 0, own, ownBytes: 0 },
    {
      ...product,
      words,
      weightBytes: byteLength * Math.ceil(rows / ROWS_PER_READING),
      own,
      ownBytes: tileBytes(inFeatures, form),
    },
  ];
}

function widenedBytes(rows: number, columns: number, { wide }: GroupedForm): number {
  return wide ? aligned(2 * rows * columns) : 0;
}

/** A tile as it is unpacked. */
function tileBytes(columns: number, { wide }: GroupedForm): number {
  return aligned((wide ? 2 : 1) * TILE_COLUMNS * columns);
}

/** With room for vectors behind the end. */
function aligned(byteLength: number): number {
  return Math.ceil((byteLength + 64) / 64) * 64;
}
