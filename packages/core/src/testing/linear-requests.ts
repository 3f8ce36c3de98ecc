import type { BlockView } from '../contracts/quantizing.ts';
import type { ActivationQuantization, AffineWeight, LinearRequest, LinearWeight } from '../contracts/inference.ts';
import { bytesPerElement, type FloatDtype } from '../dtype.ts';
import { fromFloat32, toFloat32 } from '../reference/float.ts';
import { integerWithin, pick, type Random } from './random-weights.ts';

/** [N, K] around the widths of vectors and tiles, and single elements. */
export const LINEAR_SHAPES: readonly [LinearShape, ...LinearShape[]] = [
  [1, 1],
  [1, 64],
  [5, 3],
  [7, 31],
  [8, 32],
  [9, 160],
  [16, 96],
  [33, 127],
  [40, 256],
  [3, 1056],
];
export type LinearShape = readonly [outFeatures: number, inFeatures: number];

/** M: none, one, and around the heights of tiles. */
export const LINEAR_ROWS: readonly number[] = [1, 0, 2, 3, 4, 5, 8, 17];

/** A kind of layer that the configs make, as a request with random contents. */
export interface LinearTrial {
  readonly name: string;
  /** Whether a backend must give the reference's bits. */
  readonly exact: boolean;
  readonly request: (random: Random, shape: LinearShape, dtype: FloatDtype) => LinearRequest;
}

const PER_TOKEN = (dtype: FloatDtype): ActivationQuantization => ({
  ...{ mapping: 'ASYMMETRIC', qmin: -128, qmax: 127, scaleDtype: dtype, granularity: 'row' },
  eps: dtype === 'F16' ? 2 ** -14 : 2 ** -126,
});
const DYNAMIC: ActivationQuantization = {
  ...{ mapping: 'SYMMETRIC', qmin: -128, qmax: 127, eps: 2 ** -23, scaleDtype: 'F32', granularity: 'row' },
};

export const LINEAR_TRIALS: readonly LinearTrial[] = [
  trial('a float weight', (random, shape) => floatWeight(random, shape)),
  trial('int8 rows', (random, shape) => affineWeight(random, shape, 8, rowBlocks(shape))),
  trial('int8, one block', (random, shape) => affineWeight(random, shape, 8, wholeBlock(shape))),
  trial('int8 in columns', (random, shape) => affineWeight(random, shape, 8, columnBlocks(shape))),
  trial('int8 groups with zero points', (random, shape) => withZeroPoints(random, groupedWeight(random, shape, 8))),
  trial('int4 groups', (random, shape) => groupedWeight(random, shape, 4)),
  trial('int4 groups with zero points', (random, shape) => withZeroPoints(random, groupedWeight(random, shape, 4))),
  trial('codes of 1 to 7 bits in groups', (random, shape) => groupedWeight(random, shape, integerWithin(random, 1, 7))),
  trial('plain int4', int4Weight),
  trial(
    'int8 rows under int8 activations',
    (random, shape) => affineWeight(random, shape, 8, rowBlocks(shape)),
    DYNAMIC,
  ),
  trial(
    'int8, one block, under one block of activations',
    (random, shape) => affineWeight(random, shape, 8, wholeBlock(shape)),
    {
      ...DYNAMIC,
      granularity: 'tensor',
    },
  ),
  trial('int8 rows under asymmetric activations', (random, shape) => affineWeight(random, shape, 8, rowBlocks(shape)), {
    ...DYNAMIC,
    mapping: 'ASYMMETRIC',
  }),
  trial(
    'int8 rows under activations of a reduced range',
    (random, shape) => affineWeight(random, shape, 8, rowBlocks(shape)),
    {
      ...{ ...DYNAMIC, qmin: -64, qmax: 63 },
    },
  ),
  trial('int4 groups under int8 activations', (random, shape) => groupedWeight(random, shape, 4), PER_TOKEN),
  trial('int8 groups under int8 activations', (random, shape) => groupedWeight(random, shape, 8), PER_TOKEN),
  trial(
    'int4 groups with zero points under int8 activations',
    (random, shape) => withZeroPoints(random, groupedWeight(random, shape, 4)),
    PER_TOKEN,
  ),
  trial(
    'int8 in columns under int8 activations',
    (random, shape) => affineWeight(random, shape, 8, columnBlocks(shape)),
    PER_TOKEN,
  ),
  trial('plain int4 under int8 activations', int4Weight, PER_TOKEN),
];

type Activations = ActivationQuantization | ((dtype: FloatDtype) => ActivationQuantization) | null;

function trial(
  name: string,
  weightOf: (random: Random, shape: LinearShape) => LinearWeight,
  activations: Activations = null,
): LinearTrial {
  return {
    name,
    exact: activations !== null && typeof activations !== 'function',
    request: (random, shape, dtype) => ({
      weight: weightOf(random, shape),
      bias: random() < 0.5 ? null : randomActivations(random, shape[0], dtype),
      activations: typeof activations === 'function' ? activations(dtype) : activations,
      dtype,
    }),
  };
}

/** Values of a dtype around 0, of very different sizes in a few places. */
export function randomActivations(random: Random, count: number, dtype: FloatDtype): Float32Array {
  const values = new Float32Array(count).map(() => (random() + random() - 1) * (random() < 0.02 ? 30 : 1));
  return toFloat32(fromFloat32(values, dtype), dtype).slice();
}

const FLOATS: readonly [FloatDtype, ...FloatDtype[]] = ['BF16', 'F32', 'F16'];

function floatWeight(random: Random, [outFeatures, inFeatures]: LinearShape): LinearWeight {
  const dtype = pick(random, FLOATS);
  const values = fromFloat32(randomActivations(random, outFeatures * inFeatures, dtype), dtype).slice();
  return { kind: 'float', outFeatures, inFeatures, dtype, values };
}

const rowBlocks = ([rows, columns]: LinearShape): BlockView => ({ outer: rows, length: columns, inner: 1 });
const wholeBlock = ([rows, columns]: LinearShape): BlockView => ({ outer: 1, length: rows * columns, inner: 1 });
const columnBlocks = ([rows, columns]: LinearShape): BlockView => ({ outer: 1, length: rows, inner: columns });

function affineWeight(
  random: Random,
  [outFeatures, inFeatures]: LinearShape,
  bits: number,
  view: BlockView,
): AffineWeight {
  const half = 2 ** (bits - 1);
  const scaleDtype = pick(random, FLOATS);
  return {
    ...{ kind: 'affine', outFeatures, inFeatures, bits, view, scaleDtype, zeroPoint: null },
    // The lowest code is where kernels go wrong: it has no positive counterpart.
    qdata: new Int8Array(outFeatures * inFeatures).map(() =>
      random() < 0.1 ? -half : integerWithin(random, -half, half - 1),
    ),
    scale: randomScales(random, view.outer * view.inner, scaleDtype),
  };
}

function groupedWeight(random: Random, shape: LinearShape, bits: number): AffineWeight {
  const groupSize = randomGroup(random, shape[1]);
  return affineWeight(random, shape, bits, { outer: (shape[0] * shape[1]) / groupSize, length: groupSize, inner: 1 });
}

function withZeroPoints(random: Random, weight: AffineWeight): AffineWeight {
  const half = 2 ** (weight.bits - 1);
  const blocks = weight.scale.length / bytesPerElement(weight.scaleDtype);
  return { ...weight, zeroPoint: new Int8Array(blocks).map(() => integerWithin(random, -half, half - 1)) };
}

/** The columns must be even: an odd number of them is doubled. */
function int4Weight(random: Random, [outFeatures, columns]: LinearShape): LinearWeight {
  const inFeatures = columns % 2 === 0 ? columns : 2 * columns;
  const groupSize = randomGroup(random, inFeatures);
  const dtype = pick(random, FLOATS);
  const groups = (outFeatures * inFeatures) / groupSize;
  return {
    ...{ kind: 'int4', outFeatures, inFeatures, groupSize, dtype },
    packed: new Uint8Array((outFeatures * inFeatures) / 2).map(() => integerWithin(random, 0, 255)),
    scale: randomScales(random, groups, dtype),
    zeroPoint: fromFloat32(randomActivations(random, groups, dtype), dtype).slice(),
  };
}

function randomGroup(random: Random, columns: number): number {
  const sizes = [1, 2, 4, 8, 16, 32, 64, 128, columns].filter((size) => columns % size === 0);
  // Mostly the sizes that kernels are tuned for.
  const [first = 1, ...others] = random() < 0.7 ? sizes.filter((size) => size >= 16 || size === columns) : sizes;
  return pick(random, [first, ...others]);
}

function randomScales(random: Random, count: number, dtype: FloatDtype): Uint8Array {
  return fromFloat32(
    new Float32Array(count).map(() => (0.25 + random()) * 2 ** integerWithin(random, -9, -3)),
    dtype,
  ).slice();
}
