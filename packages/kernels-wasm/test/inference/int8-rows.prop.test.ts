import type {
  ActivationQuantization,
  AffineWeight,
  FloatDtype,
  InferenceOperations,
  LinearRequest,
} from '@fewbit/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, dtypes, ENGINES, operationsOf, randomFrom, referenceOperations, valuesOf } from './operations.ts';

const reference = referenceOperations();

const activations: fc.Arbitrary<ActivationQuantization> = fc.record({
  mapping: fc.constantFrom('SYMMETRIC' as const, 'SYMMETRIC_NO_CLIPPING_ERR' as const, 'ASYMMETRIC' as const),
  ...{ qmin: fc.constantFrom(-128, -127, -64), qmax: fc.constantFrom(127, 63) },
  ...{ eps: fc.constant(2 ** -14), scaleDtype: dtypes },
  granularity: fc.constantFrom('row' as const, 'tensor' as const),
});

/** Codes, and signs of activations: where both are extreme all along, sums are as large as they get. */
type Fill = 'any' | 'lowest' | 'highest' | 'alternating';

interface Drawn {
  readonly rows: number;
  readonly outFeatures: number;
  readonly inFeatures: number;
  /** Rows of W that share a scale, where they divide N. */
  readonly shared: number;
  readonly bits: number;
  readonly activations: ActivationQuantization;
  readonly dtype: FloatDtype;
  readonly scaleDtype: FloatDtype;
  readonly fill: Fill;
  readonly bias: boolean;
  readonly seed: number;
}

const drawings: fc.Arbitrary<Drawn> = fc.record({
  rows: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 14 }), fc.constant(67)),
  outFeatures: fc.integer({ min: 1, max: 34 }),
  inFeatures: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 71, max: 600 })),
  ...{ shared: fc.integer({ min: 1, max: 4 }), bits: fc.constantFrom(8, 8, 5) },
  ...{ activations, dtype: dtypes, scaleDtype: dtypes, bias: fc.boolean(), seed: fc.nat() },
  fill: fc.constantFrom<Fill[]>('any', 'any', 'lowest', 'highest', 'alternating'),
});

function requestOf(drawn: Drawn): LinearRequest {
  const { outFeatures, inFeatures, bits, scaleDtype, fill } = drawn;
  const random = randomFrom(drawn.seed);
  const half = 2 ** (bits - 1);
  const shared = outFeatures % drawn.shared === 0 ? drawn.shared : outFeatures;
  const codes: Readonly<Record<Fill, (at: number) => number>> = {
    any: () => Math.floor(random() * 2 * half) - half,
    lowest: () => -half,
    highest: () => half - 1,
    alternating: (at) => (at % 2 === 0 ? -half : half - 1),
  };
  const weight: AffineWeight = {
    ...{ kind: 'affine', outFeatures, inFeatures, bits, scaleDtype, zeroPoint: null },
    qdata: new Int8Array(outFeatures * inFeatures).map((_, at) => codes[fill](at)),
    view: { outer: outFeatures / shared, length: inFeatures * shared, inner: 1 },
    scale: bytesOf(scaleDtype, outFeatures / shared, () => (0.5 + random()) * 2 ** -6),
  };
  const bias = drawn.bias ? valuesOf(drawn.dtype, outFeatures, () => random() - 0.5) : null;
  return { weight, bias, activations: drawn.activations, dtype: drawn.dtype };
}

function inputsOf({ rows, inFeatures, fill, dtype, seed }: Drawn): Float32Array {
  const random = randomFrom(~seed);
  const values: Readonly<Record<Fill, (at: number) => number>> = {
    any: () => (random() - 0.4) * (random() < 0.05 ? 20 : 1),
    lowest: () => -1.5,
    highest: () => 0.75,
    alternating: (at) => (at % 2 === 0 ? -1 : 1),
  };
  return valuesOf(dtype, rows * inFeatures, values[fill]);
}

async function agrees(inference: InferenceOperations, request: LinearRequest, x: Float32Array): Promise<void> {
  const layer = await inference.loadLinear(request);
  const seen = (await layer.forward(x)).slice();
  layer.release();
  const expected = await (await reference.loadLinear(request)).forward(x);
  expect(seen.length).toBe(expected.length);
  const wrong = expected.findIndex((value, at) => !Object.is(value, seen[at]));
  if (wrong < 0) return;
  throw new Error(`${layer.packing}: ${String(seen[wrong])} instead of ${String(expected[wrong])} at ${wrong}`);
}

describe.each(ENGINES)('int8 rows under int8 activations, %s, byte dots %s', (variant, dots) => {
  test("have the reference's bits, whatever the shape, the codes, the scheme and the dtypes", async () => {
    const inference = await operationsOf(variant, dots);
    if (inference === null) return;
    await fc.assert(
      fc.asyncProperty(drawings, (drawn) => agrees(inference, requestOf(drawn), inputsOf(drawn))),
      { numRuns: 150 },
    );
  }, 120_000);

  test.each([
    ['2^24, where f32 rounds them', 20_000],
    ['2^31, where integers of 32 bits end', 140_003],
  ])('are right where sums pass %s', async (_, inFeatures) => {
    const inference = await operationsOf(variant, dots);
    if (inference === null) return;
    const some: Omit<Drawn, 'rows' | 'fill'> = {
      ...{ outFeatures: 3, inFeatures, shared: 1, bits: 8, dtype: 'F32', scaleDtype: 'F32', bias: false, seed: 1 },
      activations: {
        mapping: 'SYMMETRIC',
        qmin: -128,
        qmax: 127,
        eps: 2 ** -23,
        scaleDtype: 'F32',
        granularity: 'row',
      },
    };
    for (const fill of ['lowest', 'highest', 'any'] as const) {
      for (const rows of [1, 3])
        await agrees(inference, requestOf({ ...some, rows, fill }), inputsOf({ ...some, rows, fill }));
    }
  });
});
