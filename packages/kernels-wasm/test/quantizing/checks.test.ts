import { describe, expect, it } from 'vitest';
import { createWasmBackend } from '../../src/index.ts';

const backend = await createWasmBackend();
if (backend === null) throw new Error('WebAssembly SIMD cannot run here');
const { quantizing } = backend;

const view = { outer: 2, length: 4, inner: 1 };
const input = new Uint8Array(16);
const affine = {
  input,
  dtype: 'BF16',
  view,
  qmin: -8,
  qmax: 7,
  mapping: 'SYMMETRIC',
  eps: 1e-6,
  scaleDtype: 'F32',
  extremes: null,
} as const;
const stored = {
  qdata: new Int8Array(8),
  scale: new Uint8Array(8),
  scaleDtype: 'F32',
  zeroPoint: null,
  view,
  dtype: 'F32',
} as const;

describe('a request that does not fit together is refused before a kernel reads beyond it:', () => {
  it.each([
    [
      'a view of more elements than there are',
      () => quantizing.quantizeAffine({ ...affine, view: { ...view, outer: 3 } }),
    ],
    ['half an element', () => quantizing.blockMinMax({ input: new Uint8Array(15), dtype: 'BF16', view })],
    [
      'a block and a half',
      () => quantizing.blockMinMax({ input, dtype: 'BF16', view: { outer: 1.5, length: 16 / 3, inner: 1 } }),
    ],
    [
      'fewer extremes than blocks',
      () => quantizing.quantizeAffine({ ...affine, extremes: { min: new Float32Array(1), max: new Float32Array(2) } }),
    ],
    ['codes that no byte holds', () => quantizing.quantizeAffine({ ...affine, qmax: 128 })],
    ['fewer scales than blocks', () => quantizing.dequantizeAffine({ ...stored, scale: new Uint8Array(4) })],
    ['more zero points than blocks', () => quantizing.dequantizeAffine({ ...stored, zeroPoint: new Int8Array(3) })],
    [
      'blocks at a stride, packed',
      () => quantizing.quantizeInt4({ input, dtype: 'BF16', view: { outer: 1, length: 4, inner: 2 } }),
    ],
    [
      'an odd number of elements, packed',
      () =>
        quantizing.quantizeInt4({ input: new Uint8Array(6), dtype: 'BF16', view: { outer: 1, length: 3, inner: 1 } }),
    ],
    [
      'packed codes of another length',
      () =>
        quantizing.dequantizeInt4({
          packed: new Uint8Array(5),
          scale: new Uint8Array(4),
          zeroPoint: new Uint8Array(4),
          view,
          dtype: 'BF16',
        }),
    ],
    ['more iterations of HQQ than there are', () => quantizing.quantizeHqqScaleOnly({ ...affine, iterations: 21 })],
  ])('%s', (_, request) => {
    expect(request).toThrow(expect.objectContaining({ code: 'FEWBIT_PLAN_INVALID' }));
  });

  it('takes a request of nothing', async () => {
    const none = { ...view, outer: 0 };
    const { qdata, scale } = await quantizing.quantizeAffine({ ...affine, input: new Uint8Array(0), view: none });
    expect([qdata.length, scale.length]).toEqual([0, 0]);
  });
});
