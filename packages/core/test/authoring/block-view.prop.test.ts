import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blockGrid, blocksDivide, blockViewOf } from '../../src/index.ts';

/** A shape and a block size that divides it. */
const blocks = fc
  .array(fc.record({ count: fc.integer({ min: 1, max: 4 }), extent: fc.integer({ min: 1, max: 4 }) }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((axes) => ({
    shape: axes.map(({ count, extent }) => count * extent),
    blockSize: axes.map(({ extent }) => extent),
  }));

function product(extents: readonly number[]): number {
  return extents.reduce((total, extent) => total * extent, 1);
}

/** Index of the block of each element, by the definition: along each axis, position over block size. */
function blocksByDefinition(shape: readonly number[], blockSize: readonly number[]): number[] {
  const grid = blockGrid(shape, blockSize);
  return Array.from({ length: product(shape) }, (_, element) => {
    let rest = element;
    let stride = product(shape);
    return shape.reduce((block, extent, axis) => {
      stride /= extent;
      const position = Math.floor(rest / stride);
      rest %= stride;
      return block * (grid[axis] ?? 1) + Math.floor(position / (blockSize[axis] ?? 1));
    }, 0);
  });
}

test('an element gets the scale of another block', () => {
  let expressible = 0;
  fc.assert(
    fc.property(blocks, ({ shape, blockSize }) => {
      expect(blocksDivide(shape, blockSize)).toBe(true);
      const view = blockViewOf(shape, blockSize);
      const expected = blocksByDefinition(shape, blockSize);
      if (view === null) return;
      expressible += 1;
      const { outer, length, inner } = view;
      expect(outer * length * inner).toBe(expected.length);
      const seen = expected.map((_, element) => Math.floor(element / (length * inner)) * inner + (element % inner));
      expect(seen).toEqual(expected);
    }),
    { seed: 1, numRuns: 1000 },
  );
  expect(expressible).toBeGreaterThan(500);
});

test.each([
  [[4, 8], [1, 8], { outer: 4, length: 8, inner: 1 }],
  [[4, 8], [1, 2], { outer: 16, length: 2, inner: 1 }],
  [[4, 8], [4, 1], { outer: 1, length: 4, inner: 8 }],
  [[4, 8], [4, 8], { outer: 1, length: 32, inner: 1 }],
  [[2, 8, 3, 3], [1, 4, 1, 1], { outer: 4, length: 4, inner: 9 }],
  [[2, 3, 4], [1, 3, 4], { outer: 2, length: 12, inner: 1 }],
  [[5, 1], [1, 1], { outer: 5, length: 1, inner: 1 }],
  [[4, 8], [2, 4], null],
  [[4, 8, 2], [2, 1, 2], null],
])('%j in blocks of %j is cut otherwise than %j', (shape, blockSize, view) => {
  expect(blockViewOf(shape, blockSize)).toEqual(view);
});

test.each([
  [
    [4, 8],
    [1, 3],
  ],
  [[4, 8], [8]],
  [
    [4, 8],
    [1, 0],
  ],
  [
    [4, 8],
    [1, -8],
  ],
  [[3], [1.5]],
  [[4], [8]],
])('%j is taken for divisible by %j', (shape, blockSize) => {
  expect(blocksDivide(shape, blockSize)).toBe(false);
});
