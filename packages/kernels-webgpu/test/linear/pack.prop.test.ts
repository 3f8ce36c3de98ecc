import type { LinearWeight } from '@fewbit/core';
import { integerWithin, seededRandom } from '@fewbit/core/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packedRowBytes, packRows } from '../../src/linear/pack.ts';

/** What kernels read: code k of a row of nibbles. */
function nibbleAt(row: Uint8Array, k: number): number {
  const byte = row[Math.floor(k / 8) * 4 + (k % 4)] ?? 0;
  return (k % 8 < 4 ? byte & 15 : byte >> 4) - 8;
}

const shapes = fc.record({ rows: fc.integer({ min: 1, max: 5 }), pairs: fc.integer({ min: 1, max: 70 }) });

describe('packed rows', () => {
  test('hold every nibble of a plain int4 weight where kernels look for it, and zeros beyond', () => {
    fc.assert(
      fc.property(shapes, fc.integer(), ({ rows, pairs }, seed) => {
        const inFeatures = 2 * pairs;
        const random = seededRandom(seed);
        const packed = Uint8Array.from({ length: rows * pairs }, () => integerWithin(random, 0, 255));
        const weight: LinearWeight = {
          ...{ kind: 'int4', outFeatures: rows, inFeatures, groupSize: inFeatures, packed, dtype: 'F32' },
          ...{ scale: new Uint8Array(4 * rows), zeroPoint: new Uint8Array(4 * rows) },
        };
        const nibbles = target(weight, 'int4', rows);
        const codes = target(weight, 'int8', rows);
        const bytesOfRow = packedRowBytes('int8', inFeatures);
        for (let n = 0; n < rows; n += 1) {
          const row = nibbles.subarray(n * packedRowBytes('int4', inFeatures));
          for (let k = 0; k < inFeatures; k += 1) {
            const byte = packed[n * pairs + (k >> 1)] ?? 0;
            const code = (((byte >> (4 * (k & 1))) & 15) ^ 8) - 8;
            expect(nibbleAt(row, k)).toBe(code);
            expect(((codes[n * bytesOfRow + k] ?? 0) << 24) >> 24).toBe(code);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  test('hold the codes of a part of an affine weight of few bits', () => {
    fc.assert(
      fc.property(shapes, fc.integer(), ({ rows, pairs }, seed) => {
        const inFeatures = 2 * pairs - 1;
        const random = seededRandom(seed);
        const qdata = Int8Array.from({ length: rows * inFeatures }, () => integerWithin(random, -8, 7));
        const weight: LinearWeight = {
          ...{ kind: 'affine', outFeatures: rows, inFeatures, bits: 4, qdata, zeroPoint: null, scaleDtype: 'F32' },
          ...{ scale: new Uint8Array(4 * rows), view: { outer: rows, length: inFeatures, inner: 1 } },
        };
        const last = target(weight, 'int4', rows).subarray((rows - 1) * packedRowBytes('int4', inFeatures));
        for (let k = 0; k < inFeatures; k += 1) expect(nibbleAt(last, k)).toBe(qdata[(rows - 1) * inFeatures + k]);
      }),
      { numRuns: 50 },
    );
  });
});

function target(weight: LinearWeight, storage: 'int4' | 'int8', rows: number): Uint8Array {
  const bytes = new Uint8Array(rows * packedRowBytes(storage, weight.inFeatures));
  packRows(weight, storage, [0, rows], bytes);
  return bytes;
}
