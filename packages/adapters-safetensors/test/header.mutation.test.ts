import { expect, test } from 'vitest';

import { checkReading, mutatedFile } from './helpers/mutations.ts';

// `pnpm fuzz` goes through twenty times as many.
const MUTATIONS = 5000;

test('a mutated header gives a typed error or the tensors that are in it, and never anything else', async () => {
  let accepted = 0;
  for (let number = 0; number < MUTATIONS; number++) {
    if (
      await checkReading(mutatedFile(number)).catch((error: unknown) =>
        Promise.reject(new Error(`mutation ${number}`, { cause: error })),
      )
    )
      accepted += 1;
  }
  // Both outcomes must come up, or the mutations test nothing.
  expect(accepted).toBeGreaterThan(50);
  expect(accepted).toBeLessThan(MUTATIONS - 50);
});
