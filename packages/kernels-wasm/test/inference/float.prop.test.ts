import {
  roundingTo,
  toFloat32,
  type AffineWeight,
  type BlockView,
  type FloatDtype,
  type LinearRequest,
  type LinearWeight,
} from '@fewbit/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, dtypes, ENGINES, operationsOf, randomFrom, valuesOf } from './operations.ts';

interface Shape {
  readonly outFeatures: number;
  readonly inFeatures: number;
}

interface Drawn extends Shape {
  readonly kind: 'float' | 'int4' | 'groups' | 'rows' | 'columns' | 'blocks';
  readonly rows: number;
  readonly groupSize: number;
  readonly bits: number;
  readonly zeros: boolean;
  readonly bias: boolean;
  readonly dtype: FloatDtype;
  readonly stored: FloatDtype;
  readonly seed: number;
}

const drawings: fc.Arbitrary<Drawn> = fc
  .record({
    kind: fc.constantFrom<Drawn['kind'][]>('float', 'int4', 'groups', 'rows', 'columns', 'blocks'),
    rows: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 14 }), fc.constant(100)),
    outFeatures: fc.integer({ min: 1, max: 34 }),
    groupSize: fc.oneof(fc.constantFrom(32, 64, 128, 600), fc.integer({ min: 1, max: 40 })),
    groups: fc.integer({ min: 1, max: 5 }),
    ...{ bits: fc.integer({ min: 1, max: 8 }), zeros: fc.boolean(), bias: fc.boolean() },
    ...{ dtype: dtypes, stored: dtypes, seed: fc.nat() },
  })
  .map(({ groupSize, groups, ...rest }) => {
    const even = rest.kind === 'int4' && (groupSize * groups) % 2 === 1 ? 2 : 1;
    return { ...rest, groupSize, inFeatures: groupSize * groups * even };
  });

function weightOf(drawn: Drawn): LinearWeight {
  const { kind, outFeatures, inFeatures, groupSize, bits, stored } = drawn;
  const random = randomFrom(drawn.seed);
  const elements = outFeatures * inFeatures;
  const shape = { outFeatures, inFeatures };
  const scaleOf = (): number => (0.5 + random()) * 2 ** -(5 + Math.floor(6 * random()));
  if (kind === 'float') {
    // Subnormals of f16, too.
    const value = (): number => (random() - 0.5) * (random() < 0.1 ? 2 ** -15 : 1);
    return { kind, ...shape, dtype: stored, values: bytesOf(stored, elements, value) };
  }
  if (kind === 'int4') {
    const scale = bytesOf(stored, elements / groupSize, scaleOf);
    const scales = toFloat32(scale, stored);
    // Mostly among the codes: there, weights are small differences of large terms.
    const zeroOf = (group: number): number =>
      random() < 0.7 ? -(scales[group] ?? 0) * (16 * random() - 8) : 20 * (random() - 0.5);
    return {
      ...{ kind, ...shape, groupSize, dtype: stored, scale },
      zeroPoint: bytesOf(stored, elements / groupSize, zeroOf),
      packed: new Uint8Array(elements / 2).map(() => Math.floor(256 * random())),
    };
  }
  const half = 2 ** (bits - 1);
  const code = (): number => (random() < 0.2 ? -half : Math.floor(random() * 2 * half) - half);
  const view = viewOf(drawn);
  const blocks = view.outer * view.inner;
  return {
    ...{ kind: 'affine', ...shape, bits, view, scaleDtype: stored },
    qdata: new Int8Array(elements).map(code),
    scale: bytesOf(stored, blocks, scaleOf),
    zeroPoint: drawn.zeros ? new Int8Array(blocks).map(code) : null,
  };
}

function viewOf({ kind, outFeatures, inFeatures, groupSize, seed }: Drawn): BlockView {
  const elements = outFeatures * inFeatures;
  if (kind === 'groups') return { outer: elements / groupSize, length: groupSize, inner: 1 };
  if (kind === 'columns') return { outer: 1, length: outFeatures, inner: inFeatures };
  if (kind === 'rows') {
    const whole = seed % 2 === 0;
    return { outer: whole ? 1 : outFeatures, length: whole ? elements : inFeatures, inner: 1 };
  }
  // Blocks that begin and end anywhere.
  const length = [7, 6, 5, 4, 3, 2].find((size) => elements % size === 0) ?? 1;
  return { outer: 1, length, inner: elements / length };
}

/** Weights in f64, by the contract's own words. */
function exactWeights(weight: LinearWeight): Float64Array {
  const elements = weight.outFeatures * weight.inFeatures;
  if (weight.kind === 'float') return Float64Array.from(toFloat32(weight.values.slice(), weight.dtype));
  if (weight.kind === 'affine') return affineWeights(weight);
  const scales = toFloat32(weight.scale.slice(), weight.dtype);
  const zeros = toFloat32(weight.zeroPoint.slice(), weight.dtype);
  return Float64Array.from({ length: elements }, (_, at) => {
    const nibble = ((weight.packed[at >> 1] ?? 0) >> (4 * (at & 1))) & 15;
    const group = Math.floor(at / weight.groupSize);
    return ((nibble ^ 8) - 8) * (scales[group] ?? 0) + (zeros[group] ?? 0);
  });
}

function affineWeights({ qdata, view, scale, scaleDtype, zeroPoint }: AffineWeight): Float64Array {
  const scales = toFloat32(scale.slice(), scaleDtype);
  return Float64Array.from(qdata, (code, at) => {
    const block = Math.floor(at / (view.length * view.inner)) * view.inner + (at % view.inner);
    return (code - (zeroPoint?.[block] ?? 0)) * (scales[block] ?? 0);
  });
}

describe.each(ENGINES)('layers under activations in floating point, %s, byte dots %s', (variant, dots) => {
  test('give sums within the bound, whatever the weight, its blocks and its zero points', async () => {
    const inference = await operationsOf(variant, dots);
    if (inference === null) return;
    await fc.assert(
      fc.asyncProperty(drawings, async (drawn) => {
        const { rows, outFeatures, inFeatures, dtype } = drawn;
        const random = randomFrom(~drawn.seed);
        // From row to row, magnitudes differ; within one, some columns stand out.
        const x = valuesOf(dtype, rows * inFeatures, () => (random() - 0.5) * (random() < 0.05 ? 1000 : 1));
        const bias = drawn.bias ? valuesOf(dtype, outFeatures, () => random() - 0.5) : null;
        const request: LinearRequest = { weight: weightOf(drawn), bias, activations: null, dtype };
        const layer = await inference.loadLinear(request);
        const seen = (await layer.forward(x)).slice();
        layer.release();
        expect(seen.length).toBe(rows * outFeatures);
        const weights = exactWeights(request.weight);
        const round = roundingTo(dtype);
        for (const [at, value] of seen.entries()) {
          const [row, column] = [Math.floor(at / outFeatures), at % outFeatures];
          let sum = bias?.[column] ?? 0;
          let size = 0;
          for (let k = 0; k < inFeatures; k += 1) {
            const term = (x[row * inFeatures + k] ?? 0) * (weights[column * inFeatures + k] ?? 0);
            sum += term;
            size += Math.abs(term);
          }
          const slack = 1e-5 * size + 2 ** -24 * Math.abs(sum);
          if (round(sum - slack) <= value && value <= round(sum + slack)) continue;
          throw new Error(
            `${layer.packing}: ${value} instead of ${sum} at ${at}, off by ${Math.abs(value - sum) / size}`,
          );
        }
      }),
      { numRuns: 200 },
    );
  }, 120_000);
});

test('a weight of f16 with infinities gives what f32 gives', async () => {
  for (const [variant, dots] of ENGINES) {
    const inference = await operationsOf(variant, dots);
    if (inference === null) continue;
    const values = bytesOf('F16', 6, (at) => [1, Infinity, -2, NaN, -Infinity, 3][at] ?? 0);
    for (const rows of [1, 2]) {
      const layer = await inference.loadLinear({
        weight: { kind: 'float', outFeatures: 3, inFeatures: 2, dtype: 'F16', values },
        ...{ bias: null, activations: null, dtype: 'F32' },
      });
      const seen = await layer.forward(new Float32Array(2 * rows).fill(1));
      expect([...seen.subarray(0, 3)]).toEqual([Infinity, NaN, -Infinity]);
    }
  }
});
