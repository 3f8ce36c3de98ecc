import { expect, test } from 'vitest';
import { createReferenceBackend, fromFloat32, toFloat32 } from '../../src/index.ts';

const { quantizing } = createReferenceBackend();
const view = { outer: 1, length: 16, inner: 1 };

test('sixteen even steps do not get sixteen codes', async () => {
  const input = fromFloat32(
    Float32Array.from({ length: 16 }, (_, i) => 3 + i),
    'F32',
  );
  const { packed, scale, zeroPoint } = await quantizing.quantizeInt4({ input, dtype: 'F32', view });
  // The even element is in the low half: -8 and -7, then -6 and -5.
  expect([...packed]).toEqual([0x98, 0xba, 0xdc, 0xfe, 0x10, 0x32, 0x54, 0x76]);
  expect([...toFloat32(scale, 'F32')]).toEqual([1]);
  expect([...toFloat32(zeroPoint, 'F32')]).toEqual([11]);
  const back = await quantizing.dequantizeInt4({ packed, scale, zeroPoint, view, dtype: 'F32' });
  expect(back).toEqual(input);
});

test('a constant group divides by zero', async () => {
  const input = fromFloat32(new Float32Array(16).fill(5), 'F32');
  const { packed, scale } = await quantizing.quantizeInt4({ input, dtype: 'F32', view });
  expect(new Set(packed)).toEqual(new Set([0x88]));
  expect([...toFloat32(scale, 'F32')]).toEqual([Math.fround(Math.fround(1e-6) / 15)]);
});

test('groups that are no runs, or an odd number of elements, give nonsense', () => {
  const input = new Uint8Array(64);
  expect(() => quantizing.quantizeInt4({ input, dtype: 'F32', view: { outer: 1, length: 8, inner: 2 } })).toThrow(
    /stride of 2/,
  );
  expect(() =>
    quantizing.quantizeInt4({ input: new Uint8Array(12), dtype: 'F32', view: { outer: 1, length: 3, inner: 1 } }),
  ).toThrow(/3 elements/);
});
