import {
  createReferenceBackend,
  fromFloat32,
  toFloat32,
  type ActivationQuantization,
  type AffineWeight,
  type FloatDtype,
  type InferenceOperations,
  type Int4Weight,
  type LinearRequest,
} from '@fewbit/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ENGINES, operationsOf } from './operations.ts';

const referenceInference = referenceOperations();

function referenceOperations(): InferenceOperations {
  const { inference } = createReferenceBackend();
  if (inference === null) throw new Error('the reference runs layers');
  return inference;
}

const dtypes = fc.constantFrom<FloatDtype[]>('F32', 'BF16', 'F16');

interface Shape {
  readonly rows: number;
  readonly outFeatures: number;
  readonly groupSize: number;
  readonly groups: number;
}
const shapes: fc.Arbitrary<Shape> = fc.record({
  rows: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 9 }), fc.constant(67)),
  outFeatures: fc.integer({ min: 1, max: 70 }),
  groupSize: fc.oneof(
    fc.constantFrom(32, 64, 128, 256, 148),
    fc.integer({ min: 1, max: 15 }).map((quads) => 4 * quads),
  ),
  groups: fc.integer({ min: 1, max: 6 }),
});

const activations: fc.Arbitrary<ActivationQuantization> = fc.record({
  mapping: fc.constantFrom('SYMMETRIC' as const, 'SYMMETRIC_NO_CLIPPING_ERR' as const, 'ASYMMETRIC' as const),
  ...{ qmin: fc.constantFrom(-128, -127, -8), qmax: fc.constantFrom(127, 7) },
  ...{ eps: fc.constant(2 ** -14), scaleDtype: dtypes },
  granularity: fc.constantFrom('row' as const, 'tensor' as const),
});

/** Numbers from a seed: shrinking each code of a weight would take for ever. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}

interface Trial {
  readonly request: LinearRequest;
  readonly rows: number;
  readonly x: Float32Array;
}

/** What a trial is made from: shrinking each code of a weight would take for ever. */
interface Drawn {
  readonly shape: Shape;
  readonly activations: ActivationQuantization;
  readonly dtype: FloatDtype;
  readonly statistics: FloatDtype;
  /** 0: Int4Weight. */
  readonly bits: number;
  readonly seed: number;
  readonly zeros: boolean;
  readonly bias: boolean;
}

const drawings: fc.Arbitrary<Drawn> = fc.record({
  ...{ shape: shapes, activations, dtype: dtypes, statistics: dtypes },
  ...{ bits: fc.integer({ min: 0, max: 8 }), seed: fc.nat(), zeros: fc.boolean(), bias: fc.boolean() },
});

function trialOf(drawn: Drawn): Trial {
  const random = randomFrom(drawn.seed);
  const { rows, outFeatures, groupSize, groups } = drawn.shape;
  const inFeatures = groupSize * groups;
  const blocks = outFeatures * groups;
  const scale = fromFloat32(
    new Float32Array(blocks).map(() => (0.5 + random()) * 2 ** -6),
    drawn.statistics,
  ).slice();
  const extent = { outFeatures, inFeatures };
  const int4: Int4Weight = {
    ...{ kind: 'int4', ...extent, groupSize, dtype: drawn.statistics, scale },
    packed: new Uint8Array((outFeatures * inFeatures) / 2).map(() => Math.floor(random() * 256)),
    zeroPoint: fromFloat32(
      new Float32Array(blocks).map(() => random() - 0.5),
      drawn.statistics,
    ).slice(),
  };
  const span = 2 ** drawn.bits;
  // Extreme codes in runs: where sums are largest.
  const code = (): number => Math.floor((random() < 0.3 ? 0 : random()) * span) - span / 2;
  const affine: AffineWeight = {
    ...{ kind: 'affine', ...extent, bits: drawn.bits, scale, scaleDtype: drawn.statistics },
    view: { outer: blocks, length: groupSize, inner: 1 },
    qdata: new Int8Array(outFeatures * inFeatures).map(code),
    zeroPoint: drawn.zeros || groups === 1 ? new Int8Array(blocks).map(code) : null,
  };
  const values = (count: number, dtype: FloatDtype): Float32Array =>
    toFloat32(
      fromFloat32(
        new Float32Array(count).map(() => (random() - 0.3) * (random() < 0.1 ? 9 : 1)),
        dtype,
      ),
      dtype,
    ).slice();
  return {
    request: {
      weight: drawn.bits === 0 ? int4 : affine,
      bias: drawn.bias ? values(outFeatures, drawn.dtype) : null,
      activations: drawn.activations,
      dtype: drawn.dtype,
    },
    rows,
    x: values(rows * inFeatures, drawn.dtype),
  };
}

/** Sums of |x̂| (|q - zero point| |scale|), or with zero points in floats |x̂| (|q scale| + |zero point|): what errors go with. */
async function magnitudes({ request, x }: Trial): Promise<Float32Array> {
  const { weight, activations: scheme } = request;
  if (weight.kind === 'float' || scheme === null) throw new Error('not a trial');
  const { outFeatures, inFeatures } = weight;
  const identity = new Float32Array(inFeatures * inFeatures);
  for (let at = 0; at < inFeatures; at += 1) identity[at * inFeatures + at] = 1;
  const one: AffineWeight = {
    ...{
      kind: 'affine',
      outFeatures: inFeatures,
      inFeatures,
      bits: 8,
      scaleDtype: 'F32',
      zeroPoint: new Int8Array(inFeatures),
    },
    ...{ qdata: Int8Array.from(identity), view: { outer: inFeatures, length: inFeatures, inner: 1 } },
    scale: fromFloat32(new Float32Array(inFeatures).fill(1), 'F32'),
  };
  const quantized = (await referenceInference.loadLinear({ ...request, weight: one, bias: null })).forward(x);
  const hats = (await quantized).map(Math.abs);
  const weights = absoluteWeights(weight);
  const sums = await (
    await referenceInference.loadLinear({
      weight: { kind: 'float', outFeatures, inFeatures, dtype: 'F32', values: fromFloat32(weights, 'F32') },
      ...{ bias: null, activations: null, dtype: 'F32' },
    })
  ).forward(hats);
  return sums.map((sum, at) => sum + Math.abs(request.bias?.[at % outFeatures] ?? 0));
}

function absoluteWeights(weight: AffineWeight | Int4Weight): Float32Array {
  const count = weight.outFeatures * weight.inFeatures;
  if (weight.kind === 'affine') {
    const scales = toFloat32(weight.scale, weight.scaleDtype);
    return Float32Array.from({ length: count }, (_, at) => {
      const block = Math.floor(at / weight.view.length);
      return Math.abs(((weight.qdata[at] ?? 0) - (weight.zeroPoint?.[block] ?? 0)) * (scales[block] ?? 0));
    });
  }
  const scales = toFloat32(weight.scale, weight.dtype).slice();
  const zeros = toFloat32(weight.zeroPoint, weight.dtype).slice();
  return Float32Array.from({ length: count }, (_, at) => {
    const block = Math.floor(at / weight.groupSize);
    const nibble = ((weight.packed[at >> 1] ?? 0) >> (4 * (at & 1))) & 15;
    return Math.abs((nibble < 8 ? nibble : nibble - 16) * (scales[block] ?? 0)) + Math.abs(zeros[block] ?? 0);
  });
}

const LAST_PLACE: Readonly<Record<FloatDtype, number>> = { F32: 0, BF16: 2 ** -7, F16: 2 ** -10 };

describe.each(ENGINES)('groups under int8 activations, %s, byte dots %s', (variant, dots) => {
  test('give what the reference gives, whatever the shape, the scheme and the dtypes', async () => {
    const inference = await operationsOf(variant, dots);
    if (inference === null) throw new Error(`no ${variant} module here`);
    await fc.assert(
      fc.asyncProperty(drawings, async (drawn) => {
        const trial = trialOf(drawn);
        const layer = await inference.loadLinear(trial.request);
        const seen = (await layer.forward(trial.x)).slice();
        layer.release();
        const expected = await (await referenceInference.loadLinear(trial.request)).forward(trial.x);
        const sizes = await magnitudes(trial);
        const lastPlace = LAST_PLACE[trial.request.dtype];
        expect(seen.length).toBe(expected.length);
        for (const [at, value] of expected.entries()) {
          // Either side of a tie may round another way.
          const slack = (sizes[at] ?? 0) * 1e-5 + Math.abs(value) * lastPlace;
          if (!(Math.abs((seen[at] ?? NaN) - value) <= slack))
            throw new Error(`${layer.packing}: ${String(seen[at])} instead of ${value} at ${at}`);
        }
      }),
      { numRuns: 100 },
    );
  }, 120_000);

  test.each([
    [2, null],
    [4, null],
    [8, null],
    [4, 127],
    [8, 127],
  ])('are right where the sums of a group are as large as they get, at %i bits, zero point %s', async (bits, zero) => {
    const inference = await operationsOf(variant, dots);
    if (inference === null) throw new Error(`no ${variant} module here`);
    const [outFeatures, groupSize, groups] = [9, 128, 2];
    const blocks = outFeatures * groups;
    const request: LinearRequest = {
      weight: {
        ...{ kind: 'affine', outFeatures, inFeatures: groupSize * groups, bits, scaleDtype: 'F32' },
        qdata: new Int8Array(blocks * groupSize).fill(-(2 ** (bits - 1))),
        view: { outer: blocks, length: groupSize, inner: 1 },
        scale: fromFloat32(new Float32Array(blocks).fill(1), 'F32').slice(),
        // Of no checkpoint of ours, but a file may have them.
        zeroPoint: zero === null ? null : new Int8Array(blocks).fill(zero),
      },
      activations: {
        ...{ mapping: 'ASYMMETRIC', qmin: -128, qmax: 127, eps: 2 ** -126, scaleDtype: 'F32', granularity: 'row' },
      },
      ...{ bias: null, dtype: 'F32' },
    };
    const expected = await referenceInference.loadLinear(request);
    const layer = await inference.loadLinear(request);
    for (const rows of [1, 3, 5, 12]) {
      for (const end of [-255, 255]) {
        // All at the far end from zero: codes less their zero point are 255 of a step away.
        const x = new Float32Array(rows * groupSize * groups).fill(end);
        expect(await layer.forward(x)).toEqual(await expected.forward(x));
      }
    }
  });
});
