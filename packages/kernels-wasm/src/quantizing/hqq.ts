import {
  assertConsecutive,
  bytesPerElement,
  HQQ_ITERATIONS,
  type AffineResult,
  type HqqMeasureRequest,
  type HqqRequest,
} from '@fewbit/core';
import type { Workspace } from '../memory/workspace.ts';
import { blocksOver, checkRange, invalid } from './checks.ts';
import { DTYPE_CODE } from './codes.ts';

/** Bytes that the kernel works in (assembly/hqq.ts). */
function scratchBytes(length: number): number {
  return 512 + 16 * length;
}

export function measureHqqScaleOnly(workspace: Workspace, request: HqqMeasureRequest): Float32Array {
  const { input, dtype, view, qmin, qmax } = request;
  assertConsecutive(view, 'HQQ');
  checkRange(qmin, qmax);
  const blocks = blocksOver(view, input.length, dtype);
  const sizes = [4 * HQQ_ITERATIONS, scratchBytes(view.length)];
  const { kernels, inputs, pieces, buffer } = workspace.frame([input], sizes);
  const [at = 0] = inputs;
  const [changes = 0, scratch = 0] = pieces;
  const code = DTYPE_CODE[dtype];
  kernels.quantizeHqq(at, code, blocks, view.length, qmin, qmax, HQQ_ITERATIONS, code, 0, 0, changes, scratch);
  // A statistic is the caller's to keep.
  return new Float32Array(buffer, changes, HQQ_ITERATIONS).slice();
}

export function quantizeHqqScaleOnly(workspace: Workspace, request: HqqRequest): AffineResult {
  const { input, dtype, view, qmin, qmax, iterations, scaleDtype } = request;
  assertConsecutive(view, 'HQQ');
  checkRange(qmin, qmax);
  if (!Number.isSafeInteger(iterations) || iterations < 1 || iterations > HQQ_ITERATIONS) {
    throw invalid(`HQQ was to take ${iterations} iterations`, `1 to ${HQQ_ITERATIONS}`);
  }
  const blocks = blocksOver(view, input.length, dtype);
  const elements = blocks * view.length;
  const scaleBytes = blocks * bytesPerElement(scaleDtype);
  const sizes = [elements, scaleBytes, blocks, 4 * HQQ_ITERATIONS, scratchBytes(view.length)];
  const { kernels, inputs, pieces, buffer } = workspace.frame([input], sizes);
  const [at = 0] = inputs;
  const [codes = 0, scale = 0, zeros = 0, changes = 0, scratch = 0] = pieces;
  const [from, to] = [DTYPE_CODE[dtype], DTYPE_CODE[scaleDtype]];
  kernels.quantizeHqq(at, from, blocks, view.length, qmin, qmax, iterations, to, codes, scale, changes, scratch);
  return {
    qdata: new Int8Array(buffer, codes, elements),
    scale: new Uint8Array(buffer, scale, scaleBytes),
    zeroPoint: new Int8Array(buffer, zeros, blocks).fill(0),
  };
}
