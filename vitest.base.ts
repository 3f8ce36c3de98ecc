import type { ViteUserConfig } from 'vitest/config';

// Packages find each other as source, so that no build comes before a test.
const conditions = ['@fewbit/source'];

/** How the tests of every package run. */
export const sourceTests: ViteUserConfig = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  // A bound for tests that hang; on a busy machine an honest one may take seconds.
  test: { testTimeout: 60_000, hookTimeout: 60_000 },
};
