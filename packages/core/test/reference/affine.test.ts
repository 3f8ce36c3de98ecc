import { describe, expect, test } from 'vitest';
import {
  createReferenceBackend,
  fromFloat32,
  toFloat32,
  type AffineRequest,
  type FloatDtype,
} from '../../src/index.ts';

const { quantizing } = createReferenceBackend();

const INT8 = { qmin: -128, qmax: 127, mapping: 'SYMMETRIC', eps: 2 ** -23, scaleDtype: 'F32', extremes: null } as const;

async function quantized(values: readonly number[], scheme: Partial<AffineRequest> = {}) {
  const dtype: FloatDtype = scheme.dtype ?? 'F32';
  const scaleDtype = scheme.scaleDtype ?? INT8.scaleDtype;
  const result = await quantizing.quantizeAffine({
    ...INT8,
    view: { outer: 1, length: values.length, inner: 1 },
    ...scheme,
    dtype,
    input: fromFloat32(Float32Array.from(values), dtype),
  });
  return { q: [...result.qdata], s: [...toFloat32(result.scale, scaleDtype)], zp: [...result.zeroPoint] };
}

describe('symmetric int8', () => {
  test('the largest weight of a row overflows', async () => {
    expect(await quantized([127.5, -127.5, 1, 0])).toEqual({ q: [127, -128, 1, 0], s: [1], zp: [0] });
  });

  test('ties do not go to the even code', async () => {
    expect((await quantized([127.5, 0.5, 1.5, 2.5, -0.5, -1.5])).q).toEqual([127, 0, 2, 2, 0, -2]);
  });

  test('a row of zeros divides by zero', async () => {
    expect(await quantized([0, -0, 0])).toEqual({ q: [0, 0, 0], s: [2 ** -23], zp: [0] });
  });

  test('a bf16 weight gets a scale that bf16 cannot hold', async () => {
    const { s } = await quantized([1, 0], { dtype: 'BF16' });
    // 1 / 127.5 is 0.00784314.
    expect(s).toEqual([0.0078125 + 2 ** -14]);
  });

  test('a NaN spoils more than its row', async () => {
    const { q, s } = await quantized([1, NaN, 1, 2], { view: { outer: 2, length: 2, inner: 1 } });
    expect(q).toEqual([0, 0, 64, 127]);
    expect(s[0]).toBeNaN();
  });

  test('an infinite weight makes its row anything but zeros', async () => {
    expect(await quantized([1, Infinity, -1])).toEqual({ q: [0, 0, 0], s: [Infinity], zp: [0] });
  });
});

describe('asymmetric int8', () => {
  const mapping = 'ASYMMETRIC';

  test('the range does not include zero', async () => {
    expect(await quantized([255, 128, 1], { mapping })).toEqual({ q: [127, 0, -127], s: [1], zp: [-128] });
  });

  test('a zero does not come back as zero', async () => {
    const { q, zp } = await quantized([-1, 0, 2], { mapping });
    expect(q[1]).toBe(zp[0]);
  });
});

test('symmetric mapping without clipping clips', async () => {
  const { q, s } = await quantized([7, -8, 3.5], { mapping: 'SYMMETRIC_NO_CLIPPING_ERR', qmin: -8, qmax: 7 });
  expect({ q, s }).toEqual({ q: [7, -8, 4], s: [1] });
});

test('the products of bf16 weights with a bf16 scale are not rounded to bf16', async () => {
  // 0.3828125 * 127 is 48.617 in f32 and 48.5 in bf16, which rounds to the even 48.
  const values = [1, 0.3828125];
  const own = await quantized(values, { dtype: 'BF16', scaleDtype: 'BF16', eps: 2 ** -126 });
  const wide = await quantized(values, { dtype: 'BF16', scaleDtype: 'F32', eps: 2 ** -126 });
  expect(own.s).toEqual(wide.s);
  expect([own.q[1], wide.q[1]]).toEqual([48, 49]);
});

test.each([
  ['BF16', 9.98377799987793e-7],
  ['F16', 1.0132789611816406e-6],
  ['F32', Math.fround(1e-6)],
] as const)('the lowest scale of %s is one that the dtype cannot hold', async (dtype, expected) => {
  expect((await quantized([0], { dtype, eps: 1e-6 })).s).toEqual([expected]);
});

test('blocks with a stride mix their elements', async () => {
  const columns = await quantized([1, 100, 2, -200, -4, 50], { view: { outer: 1, length: 3, inner: 2 } });
  const first = await quantized([1, 2, -4]);
  const second = await quantized([100, -200, 50]);
  expect(columns.s).toEqual([...first.s, ...second.s]);
  expect(columns.q).toEqual([first.q[0], second.q[0], first.q[1], second.q[1], first.q[2], second.q[2]]);
});

test('given extremes are not used', async () => {
  const extremes = { min: Float32Array.of(-255), max: Float32Array.of(0) };
  expect((await quantized([2, -4], { extremes })).s).toEqual([2]);
});

test('dequantizing forgets the zero point', async () => {
  const bytes = await quantizing.dequantizeAffine({
    qdata: Int8Array.of(-128, 0, 127),
    scale: fromFloat32(Float32Array.of(0.5), 'BF16'),
    scaleDtype: 'BF16',
    zeroPoint: Int8Array.of(-128),
    view: { outer: 1, length: 3, inner: 1 },
    dtype: 'F16',
  });
  expect([...toFloat32(bytes, 'F16')]).toEqual([0, 64, 127.5]);
});

test('a view that does not fit the input reads past its end', () => {
  const input = new Uint8Array(16);
  const view = { outer: 2, length: 3, inner: 1 };
  expect(() => quantizing.blockMinMax({ input, dtype: 'F32', view })).toThrow(/2 x 3 x 1 was put over 4 elements/);
});
