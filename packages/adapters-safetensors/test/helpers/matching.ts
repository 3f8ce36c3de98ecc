import { expect } from 'vitest';

/** A text that the pattern finds, inside an object that a test expects. */
export function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}
