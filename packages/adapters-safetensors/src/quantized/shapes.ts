import type { StoredTensor } from '@fewbit/core';

/** `[4096, 4096]`. */
export function shownShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

export function sameShape(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((extent, axis) => extent === right[axis]);
}

/** What is wrong with a component's shape, in words; null when nothing is. */
export function wrongShape(role: string, { shape }: StoredTensor, expected: readonly number[]): string | null {
  return sameShape(shape, expected)
    ? null
    : `"${role}" is ${shownShape(shape)} and should be ${shownShape(expected)} to fit the codes`;
}
