import {
  bytesPerElement,
  roundingTo,
  type AffineRequest,
  type AffineResult,
  type BlockExtremes,
  type BlockRequest,
  type DequantizeAffineRequest,
} from '@fewbit/core';
import type { Workspace } from '../memory/workspace.ts';
import { blocksOver, blocksOverElements, checkLength, checkRange } from './checks.ts';
import { DTYPE_CODE, MAPPING_CODE } from './codes.ts';

export function blockMinMax(workspace: Workspace, { input, dtype, view }: BlockRequest): BlockExtremes {
  const blocks = blocksOver(view, input.length, dtype);
  const { kernels, inputs, pieces, buffer } = workspace.frame([input], [4 * blocks, 4 * blocks]);
  const [at = 0] = inputs;
  const [low = 0, high = 0] = pieces;
  kernels.blockMinMax(at, DTYPE_CODE[dtype], view.outer, view.length, view.inner, low, high);
  // Statistics are the caller's to keep.
  return { min: new Float32Array(buffer, low, blocks).slice(), max: new Float32Array(buffer, high, blocks).slice() };
}

/** Blocks that the kernel takes at once where they are consecutive (assembly/quantize-affine.ts). */
const TILE_BLOCKS = 512;

export function quantizeAffine(workspace: Workspace, request: AffineRequest): AffineResult {
  const { input, dtype, view, qmin, qmax, mapping, eps, scaleDtype, extremes } = request;
  const blocks = blocksOver(view, input.length, dtype);
  checkRange(qmin, qmax);
  if (extremes !== null) {
    checkLength('extremes.min', extremes.min.length, blocks);
    checkLength('extremes.max', extremes.max.length, blocks);
  }
  const elements = blocks * view.length;
  const { kernels, inputs, pieces, buffer } = workspace.frame(
    extremes === null ? [input] : [input, extremes.min, extremes.max],
    [elements, blocks * bytesPerElement(scaleDtype), blocks, 16 * Math.max(TILE_BLOCKS, view.inner)],
  );
  const [at = 0, low = 0, high = 0] = inputs;
  const [codes = 0, scale = 0, zeroPoint = 0, scratch = 0] = pieces;
  kernels.quantizeAffine(
    at,
    DTYPE_CODE[dtype],
    view.outer,
    view.length,
    view.inner,
    qmin,
    qmax,
    MAPPING_CODE[mapping],
    roundingTo(dtype)(eps),
    DTYPE_CODE[scaleDtype],
    low,
    high,
    codes,
    scale,
    zeroPoint,
    scratch,
  );
  return {
    qdata: new Int8Array(buffer, codes, elements),
    scale: new Uint8Array(buffer, scale, blocks * bytesPerElement(scaleDtype)),
    zeroPoint: new Int8Array(buffer, zeroPoint, blocks),
  };
}

export function dequantizeAffine(workspace: Workspace, request: DequantizeAffineRequest): Uint8Array {
  const { qdata, scale, scaleDtype, zeroPoint, view, dtype } = request;
  const blocks = blocksOverElements(view, qdata.length);
  checkLength('scale', scale.length, blocks * bytesPerElement(scaleDtype));
  if (zeroPoint !== null) checkLength('zeroPoint', zeroPoint.length, blocks);
  const byteLength = qdata.length * bytesPerElement(dtype);
  const { kernels, inputs, pieces, buffer } = workspace.frame(
    zeroPoint === null ? [qdata, scale] : [qdata, scale, zeroPoint],
    [byteLength],
  );
  const [codes = 0, scales = 0, zeros = 0] = inputs;
  const [output = 0] = pieces;
  const { outer, length, inner } = view;
  kernels.dequantizeAffine(
    codes,
    outer,
    length,
    inner,
    scales,
    DTYPE_CODE[scaleDtype],
    zeros,
    output,
    DTYPE_CODE[dtype],
  );
  return new Uint8Array(buffer, output, byteLength);
}
