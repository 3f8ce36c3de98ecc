import { checkCodes, hasExactResults, type ExactLinearRequest } from '@fewbit/core';
import type { Step } from '../module/steps.ts';
import { DTYPE_CODE } from '../quantizing/codes.ts';
import { quantizedRows, quantizedRowsBytes } from './activations.ts';
import type { LinearFamily, LinearRun, PackedLinear } from './family.ts';
import { INT8_FORMS } from './int8-form.ts';
import { spaced, type LayerMemory } from './layer-memory.ts';
import { evenRows, inPieces, packBiases, packPanels, PANEL, type Pieces } from './panels.ts';
import { packStatistics } from './statistics.ts';

/** Codes under int8 activations whose scales are those of whole rows: sums of integers, exactly. */
export const int8RowsFamily: LinearFamily = {
  takes: hasExactResults,
  load: (memory, request) => {
    if (!hasExactResults(request)) throw new Error('a request that this family does not take');
    return inPieces(memory, (pieces) => loadRows(memory, pieces, request));
  },
};

/** Codes that are filled up to: a piece of 16 bytes of each row. */
const PIECE_CODES = 16;

function loadRows(
  memory: LayerMemory,
  pieces: Pieces,
  { bias, dtype, weight, activations }: ExactLinearRequest,
): PackedLinear {
  const { outFeatures: rows, inFeatures: columns, qdata, bits, view, scale, scaleDtype } = weight;
  const { kernels, threads } = memory;
  const { stepCodes, layout, planes, flip, offset, words } = INT8_FORMS[memory.dots];
  const panels = Math.ceil(rows / PANEL);
  const sums = pieces.allocate(4 * panels * PANEL);
  const source = { bytes: qdata, rows, rowBytes: columns };
  const codes = packPanels(memory, pieces, source, layout, columns, (stage, first, count) => {
    if (bits < 8 && kernels.codesFit(stage, count * columns, bits) === 0) checkCodes(qdata, bits);
    kernels.sumCodes(stage, columns, count, sums + 4 * first);
  });
  const shared = view.length / columns;
  const { scale: scales } = packStatistics(memory, pieces, {
    ...{ rows, groups: 1, shared, scale, dtype: scaleDtype, zeroPoint: null },
  });
  const biases = packBiases(memory, pieces, bias, rows);
  const steps = (Math.ceil(columns / PIECE_CODES) * PIECE_CODES) / stepCodes;
  const operandBytes = (count: number): number => spaced(4 * steps * planes * evenRows(count));
  const ownBytes = spaced(PANEL * 4 * steps + 192);
  const codesBytes = panels * PANEL * steps * stepCodes;

  return {
    packing: `int8, 8 rows side by side, ${stepCodes} codes each, ${words}`,
    byteLength: pieces.byteLength(),
    scratchBytes: (count) => quantizedRowsBytes(count, columns) + operandBytes(count) + threads * ownBytes,
    steps: ({ rows: count, x, y, scratch }: LinearRun): readonly Step[] => {
      const quantized = quantizedRows(activations, dtype, { x, rows: count, columns, at: scratch });
      const operands = quantized.end;
      const own = operands + operandBytes(count);
      const zeros = activations.mapping === 'ASYMMETRIC' ? quantized.zeroPoint : 0;
      return [
        quantized.step,
        {
          kernel: 'int8Operands',
          words: [quantized.codes, count, columns, operands, planes, flip],
          units: kernels.tilesOf(count),
          ...{ weights: null, own, ownBytes: 0 },
        },
        {
          kernel: 'int8Rows',
          words: [
            ...[codes, scales, sums, biases, rows, columns, count, operands, planes, offset],
            ...[quantized.scale, zeros, y, DTYPE_CODE[dtype], quantized.codes],
          ],
          units: panels,
          weights: { at: codes, byteLength: codesBytes, times: kernels.tilesOf(count) },
          ...{ own, ownBytes },
        },
      ];
    },
    release: pieces.release,
  };
}
