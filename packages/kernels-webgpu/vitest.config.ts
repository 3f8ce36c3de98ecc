// @boundaries-ignore how all tests run, not code of this package
import { sourceTests } from '../../vitest.base.ts';
import { mergeConfig } from 'vitest/config';

// One process and one module graph: tests share a backend, whose kernels a software adapter takes half a minute to compile.
export default mergeConfig(sourceTests, { test: { isolate: false, fileParallelism: false, testTimeout: 300_000 } });
