import {
  assertConsecutive,
  bytesPerElement,
  type BlockRequest,
  type DequantizeInt4Request,
  type Int4Result,
} from '@fewbit/core';
import type { Workspace } from '../memory/workspace.ts';
import { blocksOver, blocksOverElements, checkLength, invalid } from './checks.ts';
import { DTYPE_CODE } from './codes.ts';

/** Bytes that the kernel works in (assembly/int4-quantize.ts). */
const SCRATCH_BYTES = 8192;

export function quantizeInt4(workspace: Workspace, { input, dtype, view }: BlockRequest): Int4Result {
  assertConsecutive(view, 'quantizeInt4');
  const blocks = blocksOver(view, input.length, dtype);
  const elements = blocks * view.length;
  if (elements % 2 !== 0) throw invalid(`quantizeInt4 was given ${elements} elements`, 'an even number');
  const statistics = blocks * bytesPerElement(dtype);
  const { kernels, inputs, pieces, buffer } = workspace.frame(
    [input],
    [elements / 2, statistics, statistics, SCRATCH_BYTES],
  );
  const [at = 0] = inputs;
  const [packed = 0, scale = 0, zeroPoint = 0, scratch = 0] = pieces;
  kernels.quantizeInt4(at, DTYPE_CODE[dtype], blocks, view.length, packed, scale, zeroPoint, scratch);
  return {
    packed: new Uint8Array(buffer, packed, elements / 2),
    scale: new Uint8Array(buffer, scale, statistics),
    zeroPoint: new Uint8Array(buffer, zeroPoint, statistics),
  };
}

export function dequantizeInt4(workspace: Workspace, request: DequantizeInt4Request): Uint8Array {
  const { packed, scale, zeroPoint, view, dtype } = request;
  assertConsecutive(view, 'dequantizeInt4');
  const blocks = blocksOverElements(view, packed.length * 2);
  const statistics = blocks * bytesPerElement(dtype);
  checkLength('scale', scale.length, statistics);
  checkLength('zeroPoint', zeroPoint.length, statistics);
  const byteLength = packed.length * 2 * bytesPerElement(dtype);
  const { kernels, inputs, pieces, buffer } = workspace.frame([packed, scale, zeroPoint], [byteLength]);
  const [codes = 0, scales = 0, zeros = 0] = inputs;
  const [output = 0] = pieces;
  kernels.dequantizeInt4(codes, blocks, view.length, scales, zeros, output, DTYPE_CODE[dtype]);
  return new Uint8Array(buffer, output, byteLength);
}
