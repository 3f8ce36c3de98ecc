import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRope, rotate } from '../rope.ts';

describe('a pair of a head is turned by another angle than in transformers:', () => {
  test('the first token is not turned', () => {
    const x = Float32Array.of(1, 2, 3, 4);
    rotate(x, 4, 0, createRope(8, 4, 10_000));
    expect([...x]).toEqual([1, 2, 3, 4]);
  });

  test('pairs are (i, i + headDim / 2); the first turns by 1 a token, the second by theta^(-1/2)', () => {
    const x = Float32Array.of(1, 0, 0, 1);
    rotate(x, 4, 3, createRope(8, 4, 10_000));
    const expected = [Math.cos(3), -Math.sin(0.03), Math.sin(3), Math.cos(0.03)];
    for (const [at, value] of expected.entries()) expect(x[at]).toBeCloseTo(value, 6);
  });

  test('tokens follow each other, heads of one token are turned alike', () => {
    const x = Float32Array.of(1, 0, 1, 0, 1, 0, 1, 0);
    rotate(x, 4, 1, createRope(8, 2, 10_000));
    const expected = [
      Math.cos(1),
      Math.sin(1),
      Math.cos(1),
      Math.sin(1),
      Math.cos(2),
      Math.sin(2),
      Math.cos(2),
      Math.sin(2),
    ];
    for (const [at, value] of expected.entries()) expect(x[at]).toBeCloseTo(value, 6);
  });
});

const number = fc.float({ min: -4, max: 4, noNaN: true });
const head = fc.array(number, { minLength: 8, maxLength: 8 });
const rope = createRope(64, 8, 100);
const turned = (x: readonly number[], position: number): Float32Array => {
  const copy = Float32Array.from(x);
  rotate(copy, 8, position, rope);
  return copy;
};
const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);

test('a score depends on more than how far apart two tokens are', () => {
  const position = fc.integer({ min: 0, max: 31 });
  fc.assert(
    fc.property(head, head, position, position, position, (query, key, m, n, shift) => {
      const near = dot(turned(query, m), turned(key, n));
      const far = dot(turned(query, m + shift), turned(key, n + shift));
      expect(Math.abs(near - far)).toBeLessThan(1e-3);
    }),
  );
});
