import { describe, expect, test } from 'vitest';
import {
  checkCodes,
  checkLinear,
  FewbitError,
  hasExactResults,
  releasedLayer,
  rowsOf,
  type ActivationQuantization,
  type AffineWeight,
  type FloatWeight,
  type Int4Weight,
  type LinearRequest,
  type LinearWeight,
} from '../../src/index.ts';

const float: FloatWeight = { kind: 'float', outFeatures: 2, inFeatures: 4, dtype: 'BF16', values: new Uint8Array(16) };
const affine: AffineWeight = {
  ...{ kind: 'affine', outFeatures: 2, inFeatures: 4, bits: 8, scaleDtype: 'F32', zeroPoint: null },
  qdata: new Int8Array(8),
  view: { outer: 4, length: 2, inner: 1 },
  scale: new Uint8Array(16),
};
const int4: Int4Weight = {
  ...{ kind: 'int4', outFeatures: 2, inFeatures: 4, groupSize: 2, dtype: 'BF16' },
  packed: new Uint8Array(4),
  scale: new Uint8Array(8),
  zeroPoint: new Uint8Array(8),
};

function request(weight: LinearWeight, bias: Float32Array | null = null): LinearRequest {
  return { weight, bias, activations: null, dtype: 'F32' };
}

test.each<[string, LinearRequest]>([
  ['float', request(float)],
  ['a bias', request(float, new Float32Array(2))],
  ['affine', request({ ...affine, zeroPoint: new Int8Array(4) })],
  ['columns', request({ ...affine, view: { outer: 1, length: 2, inner: 4 } })],
  ['int4', request(int4)],
])('a request that fits its shape is refused: %s', (_, fitting) => {
  expect(() => {
    checkLinear(fitting);
  }).not.toThrow();
});

describe('a kernel reads beyond an array, because this was taken:', () => {
  test.each<[string, LinearRequest, string]>([
    ['no out features', request({ ...float, outFeatures: 0 }), 'a weight of shape [0, 4]; expected whole numbers'],
    ['half an in feature', request({ ...float, inFeatures: 0.5 }), 'a weight of shape [2, 0.5]'],
    ['NaN in features', request({ ...float, inFeatures: NaN }), 'a weight of shape [2, NaN]'],
    ['a long bias', request(float, new Float32Array(3)), 'a bias of 3 elements; expected 2'],
    ['short values', request({ ...float, values: new Uint8Array(15) }), '"values" of 15 bytes'],
    ['values of another dtype', request({ ...float, dtype: 'F32' }), 'expected 32'],
    ['short codes', request({ ...affine, qdata: new Int8Array(7) }), '"qdata" of 7 bytes'],
    ['short scales', request({ ...affine, scale: new Uint8Array(12) }), '"scale" of 12 bytes'],
    ['long zero points', request({ ...affine, zeroPoint: new Int8Array(5) }), '"zeroPoint" of 5 bytes'],
    ['nine bits', request({ ...affine, bits: 9 }), 'a weight of 9 bits; expected 1 to 8'],
    ['no bits', request({ ...affine, bits: 0 }), 'a weight of 0 bits'],
    ['a view of too little', request({ ...affine, view: { outer: 3, length: 2, inner: 1 } }), 'a view of 3 x 2 x 1'],
    ['a view of halves', request({ ...affine, view: { outer: 4, length: 4, inner: 0.5 } }), 'a view of 4 x 4 x 0.5'],
    ['groups that do not divide', request({ ...int4, groupSize: 3 }), 'groups of 3 in rows of 4'],
    ['groups of none', request({ ...int4, groupSize: 0 }), 'groups of 0'],
    ['an odd row of int4', request({ ...int4, inFeatures: 3, groupSize: 3 }), 'groups of 3 in rows of 3'],
    ['short int4 codes', request({ ...int4, packed: new Uint8Array(3) }), '"packed" of 3 bytes'],
    ['short int4 zero points', request({ ...int4, zeroPoint: new Uint8Array(4) }), '"zeroPoint" of 4 bytes'],
  ])('%s', (_, wrong, message) => {
    const refusal = refusalOf(() => {
      checkLinear(wrong);
    });
    expect(refusal).toContain(message);
  });

  test.each<[number, number]>([
    [4, 8],
    [4, -9],
    [1, 1],
    [7, -65],
  ])('in %i bits the code %i', (bits, code) => {
    const refusal = refusalOf(() => {
      checkCodes(Int8Array.of(0, code), bits);
    });
    expect(refusal).toContain(`the code ${code} at 1 of a weight of ${bits} bits`);
  });

  test('activations that are not whole rows', () => {
    expect(refusalOf(() => rowsOf(new Float32Array(5), 4))).toContain('activations of 5 elements; expected a multiple');
  });
});

test.each([1, 2, 4, 7, 8])('the extreme codes of %i bits are refused', (bits) => {
  const half = 2 ** (bits - 1);
  expect(() => {
    checkCodes(Int8Array.of(-half, half - 1), bits);
  }).not.toThrow();
});

test('rows are miscounted', () => {
  expect([0, 4, 12].map((length) => rowsOf(new Float32Array(length), 4))).toEqual([0, 1, 3]);
});

describe('results that the contract fixes bit by bit', () => {
  const activations: ActivationQuantization = {
    ...{ mapping: 'SYMMETRIC', qmin: -128, qmax: 127, eps: 2 ** -23, scaleDtype: 'F32', granularity: 'row' },
  };
  const exact = (outer: number, length: number, inner: number): boolean =>
    hasExactResults({ ...request({ ...affine, view: { outer, length, inner } }), activations });

  test('are those of blocks that are cut within a row, or across rows', () => {
    expect([exact(2, 4, 1), exact(1, 8, 1)]).toEqual([true, true]);
    expect([exact(4, 2, 1), exact(1, 2, 4)]).toEqual([false, false]);
  });

  test('are those of weights with zero points, in floats, or under plain activations', () => {
    const rows: AffineWeight = { ...affine, view: { outer: 2, length: 4, inner: 1 } };
    expect(hasExactResults({ ...request({ ...rows, zeroPoint: new Int8Array(2) }), activations })).toBe(false);
    expect(hasExactResults({ ...request(float), activations })).toBe(false);
    expect(hasExactResults(request(rows))).toBe(false);
  });
});

test('a released layer gives an untyped error', () => {
  expect(releasedLayer()).toMatchObject({ code: 'FEWBIT_INFERENCE_INVALID' });
});

function refusalOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (FewbitError.isInstance(error) && error.code === 'FEWBIT_INFERENCE_INVALID') return error.message;
    throw error;
  }
  throw new Error('it was taken');
}
