import { expect, test } from 'vitest';
import type { PlacedRun } from '../../src/inference/placed-run.ts';
import { createSequence } from '../../src/threads/sequence.ts';

function runOf(rows: number, backwards: boolean): PlacedRun {
  return { rows, x: 0, y: 0, steps: [], backwards };
}

test('weights are read ahead once layers have come in an order twice, and no longer when they come in another', () => {
  const [first, second, other] = [runOf(7, false), runOf(7, false), runOf(7, false)];
  const sequence = createSequence();
  const after = (...runs: readonly PlacedRun[]): boolean => {
    for (const run of runs) sequence.note(run);
    return sequence.after(first)?.steps === second.steps;
  };
  expect(after(first, second)).toBe(false);
  expect(after(first)).toBe(false);
  expect(after(second, first)).toBe(true);
  expect(after(second, first)).toBe(true);
  expect(after(other, first)).toBe(false);
  expect(after(second, first)).toBe(false);
  expect(after(second, first)).toBe(true);
});

test('a layer of one row that comes next is read ahead from the end that it will begin at', () => {
  const [first, second] = [runOf(1, false), runOf(1, false)];
  const sequence = createSequence();
  for (const run of [first, second, first, second, first]) sequence.note(run);
  expect(sequence.after(first)?.backwards).toBe(true);
  second.backwards = true;
  expect(sequence.after(first)?.backwards).toBe(false);
  expect(sequence.after(second)?.backwards).toBe(true);
});
