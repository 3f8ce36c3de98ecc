import type { ActivationQuantization, AffineWeight, BlockView, LinearRequest, LinearWeight } from '@fewbit/core';
import { describe, expect, test } from 'vitest';
import { formOf } from '../../src/linear/form.ts';
import { FLAGS } from '../../src/wgsl/interface.ts';

const DYNAMIC: ActivationQuantization = {
  ...{ mapping: 'ASYMMETRIC', qmin: -128, qmax: 127, eps: 2 ** -23, scaleDtype: 'F32', granularity: 'row' },
};

function request(weight: LinearWeight, activations: ActivationQuantization | null = null): LinearRequest {
  return { weight, activations, bias: null, dtype: 'F32' };
}

function affine(bits: number, view: BlockView, zeroPoint: Int8Array | null = null): AffineWeight {
  return {
    ...{ kind: 'affine', outFeatures: 8, inFeatures: 96, bits, view, scaleDtype: 'BF16', zeroPoint },
    qdata: new Int8Array(8 * 96),
    scale: new Uint8Array(view.outer * view.inner * 2),
  };
}

const groups = (length: number): BlockView => ({ outer: (8 * 96) / length, length, inner: 1 });

function int4(groupSize: number): LinearWeight {
  const bytes = (8 * 96 * 2) / groupSize;
  return {
    ...{ kind: 'int4', outFeatures: 8, inFeatures: 96, groupSize, packed: new Uint8Array(8 * 48), dtype: 'BF16' },
    scale: new Uint8Array(bytes),
    zeroPoint: new Uint8Array(bytes),
  };
}

describe('the form of a layer', () => {
  test('int8 rows under int8 activations take the exact kernel, whose results have the reference’s bits', () => {
    expect(formOf(request(affine(8, groups(96)), DYNAMIC))).toMatchObject({
      kernel: 'codes exact',
      quantized: 'codes',
    });
    expect(formOf(request(affine(4, groups(192)), DYNAMIC))).toMatchObject({ kernel: 'codes exact', rowsPerBlock: 2 });
  });

  test('zero points and groups take kernels that sum integers group by group', () => {
    expect(formOf(request(affine(8, groups(96), new Int8Array(8)), DYNAMIC)).kernel).toBe('codes int8');
    expect(formOf(request(affine(8, groups(32)), DYNAMIC)).kernel).toBe('codes int8');
    expect(formOf(request(affine(4, groups(32)), DYNAMIC)).kernel).toBe('codes int4');
  });

  test('plain activations meet weights in f32', () => {
    expect(formOf(request(affine(8, groups(96))))).toMatchObject({ kernel: 'floats int8', quantized: null });
    expect(formOf(request(affine(3, groups(32))))).toMatchObject({ kernel: 'floats int4', storage: 'int4' });
    expect(formOf(request(int4(32)))).toMatchObject({ kernel: 'floats int4', flags: FLAGS.shifts });
    expect(formOf(request(int4(32), DYNAMIC))).toMatchObject({ kernel: 'floats int4', quantized: 'floats' });
  });

  test('groups that a word of nibbles straddles are kept in bytes, those that a word of bytes straddles looked up', () => {
    expect(formOf(request(affine(4, groups(12)))).kernel).toBe('floats int8');
    expect(formOf(request(affine(4, groups(6)))).kernel).toBe('floats int8-any');
    expect(formOf(request(int4(2)))).toMatchObject({ kernel: 'floats int8-any', view: { length: 2, inner: 1 } });
    expect(formOf(request(affine(8, { outer: 1, length: 8, inner: 96 }), DYNAMIC))).toMatchObject({
      ...{ kernel: 'floats int8-any', quantized: 'floats' },
    });
  });

  test('zero points that do not fit a byte with every nibble keep their codes in bytes', () => {
    const kernel = (zero: number): string =>
      formOf(request(affine(4, groups(32), new Int8Array(24).fill(zero, 23)), DYNAMIC)).kernel;
    expect([-8, 120, -9, 121].map(kernel)).toEqual(['codes int4', 'codes int4', 'codes int8', 'codes int8']);
  });

  test('statistics are per word exactly where a vector of codes holds several groups or parts of them', () => {
    const perWord = (weight: LinearWeight): boolean => (formOf(request(weight)).flags & FLAGS.statsPerWord) !== 0;
    expect(perWord(affine(8, groups(16)))).toBe(false);
    expect(perWord(affine(8, groups(24)))).toBe(true);
    expect(perWord(affine(4, groups(32)))).toBe(false);
    expect(perWord(affine(4, groups(16)))).toBe(true);
    expect(perWord(affine(4, groups(96)))).toBe(false);
  });

  test('a prefill step is cut where groups end', () => {
    const span = (length: number): number => formOf(request(affine(8, groups(length)), DYNAMIC)).spanWords;
    expect([32, 16, 24, 12, 48].map(span)).toEqual([8, 4, 2, 1, 4]);
  });
});
