import type { ActivationQuantization, AffineWeight, LinearRequest, LinearWeight } from '../contracts/inference.ts';
import { bytesPerElement } from '../dtype.ts';
import { FewbitError } from '../errors.ts';

/**
 * Checks what `loadLinear` was given: every backend begins with it.
 *
 * @throws FewbitError (`FEWBIT_INFERENCE_INVALID`) for arrays that do not have the lengths of the shapes.
 */
export function checkLinear({ weight, bias }: LinearRequest): void {
  const { outFeatures: rows, inFeatures: columns } = weight;
  if (!isExtent(rows) || !isExtent(columns)) {
    throw invalid(`a weight of shape [${rows}, ${columns}]`, 'whole numbers of 1 or more');
  }
  if (bias !== null && bias.length !== rows) throw invalid(`a bias of ${bias.length} elements`, String(rows));
  for (const [name, seen, expected] of lengthsOf(weight)) {
    if (seen !== expected)
      throw invalid(`"${name}" of ${seen} bytes for a weight of [${rows}, ${columns}]`, String(expected));
  }
}

/**
 * The number of rows M of activations [M, K].
 *
 * @throws FewbitError (`FEWBIT_INFERENCE_INVALID`) for a length that K does not divide.
 */
export function rowsOf(x: Float32Array, inFeatures: number): number {
  if (x.length % inFeatures === 0) return x.length / inFeatures;
  throw invalid(`activations of ${x.length} elements`, `a multiple of the ${inFeatures} in features`);
}

/** What `forward` throws after `release`. */
export function releasedLayer(): FewbitError {
  return new FewbitError('FEWBIT_INFERENCE_INVALID', { message: 'a layer ran after it was released' });
}

/** @throws FewbitError (`FEWBIT_INFERENCE_INVALID`) for a code outside the range of `bits`. */
export function checkCodes(qdata: Int8Array, bits: number): void {
  const lowest = -(2 ** (bits - 1));
  const spread = 2 ** bits - 1;
  const at = qdata.findIndex((code) => (code - lowest) >>> 0 > spread);
  if (at >= 0)
    throw invalid(
      `the code ${String(qdata[at])} at ${at} of a weight of ${bits} bits`,
      `${lowest} to ${lowest + spread}`,
    );
}

/** A request whose results LinearLayer fixes bit by bit. */
export interface ExactLinearRequest extends LinearRequest {
  readonly weight: AffineWeight;
  readonly activations: ActivationQuantization;
}

/**
 * Whether LinearLayer fixes every bit of the results, as sums of integers that are rounded step by step: activations in codes
 * under an affine weight without zero points, whose blocks are made of whole rows.
 */
export function hasExactResults(request: LinearRequest): request is ExactLinearRequest {
  const { weight, activations } = request;
  if (activations === null || weight.kind !== 'affine' || weight.zeroPoint !== null) return false;
  return weight.view.inner === 1 && weight.view.length % weight.inFeatures === 0;
}

function lengthsOf(weight: LinearWeight): readonly (readonly [string, number, number])[] {
  const elements = weight.outFeatures * weight.inFeatures;
  switch (weight.kind) {
    case 'float':
      return [['values', weight.values.byteLength, elements * bytesPerElement(weight.dtype)]];
    case 'affine': {
      const { view, bits, zeroPoint } = weight;
      if (!isExtent(bits) || bits > 8) throw invalid(`a weight of ${bits} bits`, '1 to 8');
      if (
        ![view.outer, view.length, view.inner].every(isExtent) ||
        view.outer * view.length * view.inner !== elements
      ) {
        throw invalid(
          `a view of ${view.outer} x ${view.length} x ${view.inner} over ${elements} elements`,
          'all of them',
        );
      }
      const blocks = view.outer * view.inner;
      return [
        ['qdata', weight.qdata.byteLength, elements],
        ['scale', weight.scale.byteLength, blocks * bytesPerElement(weight.scaleDtype)],
        ['zeroPoint', zeroPoint?.byteLength ?? blocks, blocks],
      ];
    }
    case 'int4': {
      const { groupSize, inFeatures } = weight;
      if (!isExtent(groupSize) || inFeatures % groupSize !== 0 || inFeatures % 2 !== 0) {
        throw invalid(`groups of ${groupSize} in rows of ${inFeatures}`, 'a divisor of an even number of columns');
      }
      const statistics = (elements / groupSize) * bytesPerElement(weight.dtype);
      return [
        ['packed', weight.packed.byteLength, elements / 2],
        ['scale', weight.scale.byteLength, statistics],
        ['zeroPoint', weight.zeroPoint.byteLength, statistics],
      ];
    }
  }
}

function isExtent(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

function invalid(message: string, allowed: string): FewbitError {
  return new FewbitError('FEWBIT_INFERENCE_INVALID', { message: `a linear layer was given ${message}`, allowed });
}
