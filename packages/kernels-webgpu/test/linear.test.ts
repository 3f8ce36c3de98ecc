import { linearConformance } from '@fewbit/core/testing';
import { describe, test } from 'vitest';
import { adapter, unclosable } from './helpers/adapter.ts';

describe.skipIf(adapter === null)('linear layers', () => {
  for (const { name, run } of linearConformance({ name: 'webgpu', create: unclosable })) test(name, run, 300_000);
});
