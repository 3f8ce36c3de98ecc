import { describe, expect, it } from 'vitest';
import { createDistance, type Distance } from '../../src/index.ts';

function between(original: number[], other: number[]): Distance {
  const distance = createDistance();
  distance.add(Float32Array.from(original), Float32Array.from(other));
  return distance.result();
}

describe('createDistance', () => {
  it('gives the signal-to-noise ratio in dB and the largest error', () => {
    // Σx² = 100, Σ(x−y)² = 1: 20 dB.
    expect(between([6, 8], [6, 7])).toEqual({ sqnrDb: 20, exact: false, maxError: 1, signal: 100, noise: 1 });
  });

  it('calls equal tensors exact instead of giving an infinite ratio', () => {
    expect(between([1, 0, NaN, Infinity], [1, 0, NaN, Infinity])).toMatchObject({
      exact: true,
      sqnrDb: null,
      maxError: 0,
    });
  });

  it('counts a zero that changed its sign as no error', () => {
    expect(between([0], [-0])).toMatchObject({ exact: true, noise: 0 });
  });

  it('lets a NaN that was not there before show, rather than pass for a small error', () => {
    const { exact, sqnrDb, maxError } = between([1, 2], [1, NaN]);
    expect({ exact, sqnrDb, isNaN: Number.isNaN(maxError) }).toEqual({ exact: false, sqnrDb: null, isNaN: true });
  });
});
