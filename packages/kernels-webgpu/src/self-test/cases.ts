import type { ActivationQuantization, AffineWeight, FloatDtype, LinearRequest, LinearWeight } from '@fewbit/core';
import { fromFloat32 } from '@fewbit/core';
import type { LinearKernel } from '../linear/form.ts';

/** A layer and activations whose results the reference knows. */
export interface KnownAnswer {
  readonly request: LinearRequest;
  /** [9, K]: its first rows serve for fewer. */
  readonly x: Float32Array;
}

/** Rows of activations at each stage. */
export const ROWS_OF_STAGE = { 'decode 1': 1, 'decode 4': 3, prefill: 9 } as const;

/** Not a multiple of any tile, with more vectors in a row than lanes in a decode workgroup. */
const OUT = 7;
const COLUMNS = 1056;

const ASYMMETRIC: ActivationQuantization = {
  ...{ mapping: 'ASYMMETRIC', qmin: -128, qmax: 127, eps: 2 ** -23, scaleDtype: 'F32', granularity: 'row' },
};

/** For each kernel: every way of finding statistics, every dtype of results and of scales. */
export function knownAnswers(kernel: LinearKernel): readonly KnownAnswer[] {
  const random = generator(kernel.length);
  const groups = (bits: number, size: number, zeroPoints: boolean): AffineWeight =>
    affine(random, bits, { outer: (OUT * COLUMNS) / size, length: size, inner: 1 }, zeroPoints);
  switch (kernel) {
    case 'codes exact': {
      const rows = { outer: OUT, length: COLUMNS, inner: 1 };
      return [
        answer(random, affine(random, 8, rows, false), ASYMMETRIC, 'F32'),
        answer(random, affine(random, 8, rows, false), ASYMMETRIC, 'F16'),
        answer(
          random,
          affine(random, 8, rows, false),
          { ...ASYMMETRIC, mapping: 'SYMMETRIC', granularity: 'tensor' },
          'BF16',
        ),
      ];
    }
    case 'codes int8':
      return [
        answer(random, groups(8, 96, false), ASYMMETRIC, 'BF16'),
        answer(random, groups(8, 12, true), ASYMMETRIC, 'F32'),
      ];
    case 'codes int4':
      return [
        answer(random, groups(4, 32, false), ASYMMETRIC, 'F32'),
        answer(random, groups(4, 8, true), { ...ASYMMETRIC, mapping: 'SYMMETRIC' }, 'F16'),
      ];
    case 'floats int8':
      return [answer(random, groups(8, 96, true), null, 'F32'), answer(random, groups(8, 12, false), null, 'BF16')];
    case 'floats int4':
      return [
        answer(random, groups(4, 32, true), null, 'BF16'),
        answer(random, int4(random, 24), null, 'F32'),
        answer(random, int4(random, 32), ASYMMETRIC, 'F16'),
      ];
    case 'floats int8-any':
      return [
        answer(random, affine(random, 8, { outer: 1, length: OUT, inner: COLUMNS }, true), null, 'F32'),
        answer(random, int4(random, 2), null, 'F32'),
      ];
    case 'floats half':
      return (['BF16', 'F16'] as const).map((dtype) => answer(random, float(random, dtype), null, 'F32'));
    case 'floats float':
      return [answer(random, float(random, 'F32'), null, 'F32')];
  }
}

type Random = () => number;

/** Numbers in [0, 1): a multiplicative congruential generator is enough to tell kernels apart. */
function generator(seed: number): Random {
  let state = seed * 7919 + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

function answer(
  random: Random,
  weight: LinearWeight,
  activations: ActivationQuantization | null,
  dtype: FloatDtype,
): KnownAnswer {
  const values = (count: number): Float32Array =>
    rounded(
      new Float32Array(count).map(() => random() * 4 - 1.5),
      dtype,
    );
  return { request: { weight, bias: values(OUT), activations, dtype }, x: values(ROWS_OF_STAGE.prefill * COLUMNS) };
}

function rounded(values: Float32Array, dtype: FloatDtype): Float32Array {
  // Twelve bits and fewer are values of f16; seven of bf16.
  const steps = { F32: 2 ** 20, F16: 2 ** 8, BF16: 2 ** 5 }[dtype];
  return values.map((value) => Math.round(value * steps) / steps);
}

function affine(random: Random, bits: number, view: AffineWeight['view'], zeroPoints: boolean): AffineWeight {
  const half = 2 ** (bits - 1);
  const code = (): number => Math.floor(random() * 2 * half) - half;
  const blocks = view.outer * view.inner;
  const scaleDtype: FloatDtype = zeroPoints ? 'F32' : 'F16';
  return {
    ...{ kind: 'affine', outFeatures: OUT, inFeatures: COLUMNS, bits, view, scaleDtype },
    qdata: new Int8Array(OUT * COLUMNS).map(code),
    scale: fromFloat32(
      new Float32Array(blocks).map(() => (random() + 0.5) / 64),
      scaleDtype,
    ).slice(),
    zeroPoint: zeroPoints ? new Int8Array(blocks).map(code) : null,
  };
}

function int4(random: Random, groupSize: number): LinearWeight {
  const groups = (OUT * COLUMNS) / groupSize;
  const statistics = (): Uint8Array =>
    fromFloat32(
      new Float32Array(groups).map(() => random() / 8),
      'BF16',
    ).slice();
  return {
    ...{ kind: 'int4', outFeatures: OUT, inFeatures: COLUMNS, groupSize, dtype: 'BF16' },
    packed: new Uint8Array((OUT * COLUMNS) / 2).map(() => Math.floor(random() * 256)),
    scale: statistics(),
    zeroPoint: statistics(),
  };
}

function float(random: Random, dtype: FloatDtype): LinearWeight {
  // Small ones too: they are where an f16 is no normal number.
  const values = new Float32Array(OUT * COLUMNS).map(() => (random() - 0.5) * (random() < 0.2 ? 2 ** -15 : 1));
  return {
    ...{ kind: 'float', outFeatures: OUT, inFeatures: COLUMNS, dtype },
    values: fromFloat32(values, dtype).slice(),
  };
}
