import { wgsl } from './wgsl.ts';
/** Bits of `params.flags`. */
export const FLAGS = {
  bias: 1,
  /** The zeros hold int8 zero points. */
  zeroPoints: 2,
  /** The zeros hold floats of the scale's dtype: w = q * scale + zero. */
  shifts: 4,
  /** Activations have zero points, which the exact formula takes off. */
  asymmetric: 8,
  /** Groups are shorter than the codes in a vector of words, or do not divide them. */
  statsPerWord: 16,
  /** One block of activations for all rows. */
  wholeTensor: 32,
} as const;

/** Fields of the uniform `params` of every kernel, in order, each a u32 or the bits of an f32. */
export const PARAMS = [
  /** Rows of activations in this dispatch, and in all. */
  'rows',
  'allRows',
  /** Rows of this part of the weight. */
  'outFeatures',
  /** Where they begin in a row of results. */
  'firstOut',
  /** Rows of the weight to make results for: beyond outFeatures, zeros that pad a row of results. */
  'cover',
  /** Elements in a row of results, padding included. */
  'outStride',
  /** K, and K with padding. */
  'inFeatures',
  'stride',
  /** Elements from one row of activations in f32 to the next: more than K where they are columns of something wider. */
  'inStride',
  /** Along K, and in each row of the weight. */
  'groupSize',
  'groups',
  /** log2 of groupSize, or 32 where it is no power of two. */
  'groupShift',
  /** Consecutive words of four codes that share their statistics within a prefill step: 1, 2, 4 or 8. */
  'spanWords',
  /** The layer's dtype, that of the scales or stored floats, that of the scales of activations: 0 F32, 1 BF16, 2 F16. */
  'dtype',
  'storedDtype',
  'inputScaleDtype',
  'flags',
  /** 0: see settle. */
  'zero',
  /** The first workgroup of this dispatch among those of all. */
  'firstTile',
  /** Of the view of a weight in blocks of any shape, and the first row of this part in the whole weight. */
  'viewLength',
  'viewInner',
  'firstRow',
  /** Of quantized activations; eps, and half the number of steps for symmetric mappings or all of them. */
  'qmin',
  'qmax',
  'mapping',
  'eps',
  'steps',
  /** Powers of two that bring weights to where f16 has all its digits, and sums back. */
  'toTile',
  'fromTile',
] as const;

export type ParamName = (typeof PARAMS)[number];
export type Params = Readonly<Record<ParamName, number>>;

const SIGNED: readonly ParamName[] = ['qmin', 'qmax'];
/** Those that are f32. */
export const FLOAT_PARAMS: readonly ParamName[] = ['eps', 'steps', 'toTile', 'fromTile'];

/** Bytes of `params`. */
export const PARAMS_BYTES: number = Math.ceil((PARAMS.length * 4) / 16) * 16;

const fields = PARAMS.map((name) => {
  const type = SIGNED.includes(name) ? 'i32' : FLOAT_PARAMS.includes(name) ? 'f32' : 'u32';
  return `  ${name}: ${type},`;
});

export const PARAMS_PIECE: string = wgsl`
struct Params {
${fields.join('\n')}
}
@group(0) @binding(0) var<uniform> params: Params;
`;

export const ROW_SCALE: string = wgsl`
struct RowScale {
  scale: f32,
  zero: i32,
}
`;

/** What every linear kernel binds: at most seven storage buffers, of the eight that every device allows. */
export function linearBindings(input: 'vec4<f32>' | 'vec4<u32>'): string {
  return wgsl`${PARAMS_PIECE}${ROW_SCALE}
@group(0) @binding(1) var<storage, read> input: array<${input}>;
@group(0) @binding(2) var<storage, read> weights: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> scales: array<u32>;
@group(0) @binding(4) var<storage, read> zeros: array<u32>;
@group(0) @binding(5) var<storage, read> biases: array<f32>;
@group(0) @binding(6) var<storage, read> rowScales: array<RowScale>;
@group(0) @binding(7) var<storage, read_write> output: array<f32>;
`;
}
