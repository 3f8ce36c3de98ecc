import type { LinearRequest } from '@fewbit/core';
import type { Step } from '../module/steps.ts';
import { DTYPE_CODE } from '../quantizing/codes.ts';
import { quantizedRows, quantizedRowsBytes } from './activations.ts';
import type { LinearFamily, LinearRun, PackedLinear } from './family.ts';
import { DIGIT_BLOCK, packFloatPanels, PANEL_BITS, PANEL_CODE } from './float-weights.ts';
import { spaced, type LayerMemory } from './layer-memory.ts';
import { evenRows, inPieces, packBiases, PANEL, panelBytesOf, type Pieces } from './panels.ts';

/** Any weight under activations in floating point; those that are quantized are dequantized again. */
export const floatFamily: LinearFamily = {
  takes: () => true,
  load: (memory, request) => inPieces(memory, (pieces) => loadFloat(memory, pieces, request)),
};

/** 32 bytes for each of 128 columns and 96 rows (assembly/inference/float-rows.ts). */
const OWN_BYTES = spaced(32 * (128 + 96));
/** Of a block of activations that became integers (assembly/inference/float-digits.ts). */
const DIGIT_BYTES = 4 * DIGIT_BLOCK;
const RECORD_BYTES = 16;
/** Columns that one row of activations is filled up to. */
const ROW_COLUMNS = 32;

function loadFloat(
  memory: LayerMemory,
  pieces: Pieces,
  { weight, bias, activations, dtype }: LinearRequest,
): PackedLinear {
  const { outFeatures: rows, inFeatures: columns } = weight;
  const { kind, packing, panels, groupSize, statistics, factors, blockSums } = packFloatPanels(memory, pieces, weight);
  const biases = packBiases(memory, pieces, bias, rows);
  const panelBytes = Math.ceil(rows / PANEL) * panelBytesOf((columns * PANEL_BITS[kind]) / 8);
  const byteLength = pieces.byteLength();
  const filled = Math.ceil(columns / ROW_COLUMNS) * ROW_COLUMNS;
  const groups = columns / groupSize;
  const quads = kind === 'INT8_QUADS' || kind === 'INT4_QUADS';
  const blocks = quads ? Math.ceil(columns / DIGIT_BLOCK) : 0;
  const digitBits = memory.dots === 'unsigned' ? 8 : 7;
  const operandBytes = (count: number): number => spaced(4 * evenRows(count) * (count === 1 ? filled : columns));
  const quantizedBytes = (count: number): number => (activations === null ? 0 : quantizedRowsBytes(count, columns));

  return {
    packing,
    byteLength,
    scratchBytes: (count) =>
      quantizedBytes(count) +
      operandBytes(count) +
      spaced(4 * filled) +
      spaced(4 * groups) +
      spaced(DIGIT_BYTES * blocks) +
      spaced(RECORD_BYTES * blocks) +
      memory.threads * OWN_BYTES,
    steps: ({ rows: count, x, y, scratch }: LinearRun): readonly Step[] => {
      const quantized =
        activations === null ? null : quantizedRows(activations, dtype, { x, rows: count, columns, at: scratch });
      const operands = quantized?.end ?? scratch;
      const scaled = operands + operandBytes(count);
      const sums = scaled + spaced(4 * filled);
      const digits = sums + spaced(4 * groups);
      const records = digits + spaced(DIGIT_BYTES * blocks);
      const own = records + spaced(RECORD_BYTES * blocks);
      const unsplit = { weights: null, own, ownBytes: 0 };
      const steps: Step[] = quantized === null ? [] : [quantized.step];
      steps.push({
        kernel: 'floatOperands',
        words:
          quantized === null
            ? [x, count, columns, operands, 0, 0, 0, factors]
            : [0, count, columns, operands, quantized.codes, quantized.scale, quantized.zeroPoint, factors],
        units: memory.kernels.tilesOf(count),
        ...unsplit,
      });
      if (count === 1 && (kind === 'INT4' || statistics.rest !== 0)) {
        const words = [operands, columns, groupSize, scaled, sums];
        steps.push({ kernel: 'nibbleOperands', words, units: 1, ...unsplit });
      }
      if (count === 1 && quads) {
        const words = [operands, digits, records, digitBits, kind === 'INT4_QUADS' ? 1 : 0];
        steps.push({ kernel: 'digitOperands', words, units: blocks, ...unsplit });
      }
      steps.push({
        kernel: 'floatRows',
        words: [
          ...[panels, PANEL_CODE[kind], groupSize, statistics.scale, statistics.zeroPoint, statistics.rest, biases],
          ...[rows, columns, count, operands, quads ? digits : scaled, sums, y, DTYPE_CODE[dtype]],
          ...[blockSums, digitBits, records],
        ],
        units: Math.ceil(rows / PANEL),
        weights: { at: panels, byteLength: panelBytes, times: memory.kernels.tilesOf(count) },
        ...{ own, ownBytes: OWN_BYTES },
      });
      return steps;
    },
    release: pieces.release,
  };
}
