import { bytesPerElement, type AffineRequest, type JsonObject, type TensorQuantizer } from '@fewbit/core';
import type { BlockedWeight } from '../granularity/blocks.ts';
import { measuringExtremes, parseExtremes } from './extremes.ts';
import { affineOutputs, type AffineOrder } from './outputs.ts';

/** What an affine quantizer is made from. */
export interface AffineOptions {
  readonly weight: BlockedWeight;
  readonly scheme: Pick<AffineRequest, 'qmin' | 'qmax' | 'mapping' | 'eps' | 'scaleDtype'>;
  readonly tensorClass: string;
  /** The `_data` of the checkpoint's metadata. */
  readonly attributes: JsonObject;
  readonly order: AffineOrder;
  /** See LOCAL_BYTES. */
  readonly localBytes?: number;
}

/**
 * Input bytes of one row of blocks up to which a range holds whole blocks. Beyond it (one scale for a whole matrix, say) a
 * tensor is measured first, so that its ranges, and with them memory, stay small; this costs a second reading.
 */
export const LOCAL_BYTES: number = 8 * 1024 * 1024;

/** Integer affine quantization of a weight, by torchao's choose_qparams_affine and quantize_affine. */
export function affineQuantizer(options: AffineOptions): TensorQuantizer {
  const { weight, scheme, tensorClass, attributes, order, localBytes = LOCAL_BYTES } = options;
  const { dtype } = weight;
  const { view, elements, components, writes } = affineOutputs(weight, scheme.scaleDtype, order);
  const { length, inner } = view;
  const blockRow = length * inner;
  const common = { tensorClass, attributes, components };

  if (blockRow * bytesPerElement(dtype) <= localBytes) {
    return {
      ...common,
      unit: blockRow,
      span: elements,
      quantize: async ({ input, start, end, backend }) => {
        const range = { outer: (end - start) / blockRow, length, inner };
        return writes(
          await backend.quantizeAffine({ ...scheme, input, dtype, view: range, extremes: null }),
          start,
          true,
        );
      },
    };
  }

  return {
    ...common,
    unit: inner,
    span: blockRow,
    measure: measuringExtremes(dtype, inner),
    quantize: async ({ input, start, end, backend, statistic }) => {
      const range = { outer: 1, length: (end - start) / inner, inner };
      const extremes = parseExtremes(statistic, inner);
      const result = await backend.quantizeAffine({ ...scheme, input, dtype, view: range, extremes });
      // All ranges of a span arrive at the same statistics; the first of them writes these down.
      return writes(result, start, start % blockRow === 0);
    },
  };
}
