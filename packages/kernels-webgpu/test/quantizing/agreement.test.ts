import { backendConformance } from '@fewbit/core/testing';
import { describe, expect, test } from 'vitest';
import { adapter, sharedBackend, unclosable } from '../helpers/adapter.ts';

describe.skipIf(adapter === null)('quantizing on the GPU', () => {
  test('is done there by every kernel, for all were found right', async () => {
    expect((await sharedBackend()).report().quantizing).toEqual({ affine: true, int4: true });
  });

  for (const { name, run } of backendConformance({ name: 'webgpu', create: unclosable })) test(name, run);
});
