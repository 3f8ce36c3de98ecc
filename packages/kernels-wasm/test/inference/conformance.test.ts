import { linearConformance } from '@fewbit/core/testing';
import { describe, test } from 'vitest';
import { createWasmBackend, type ModuleVariant } from '../../src/index.ts';

const VARIANTS: readonly ModuleVariant[] = ['plain', 'relaxed'];

describe.each(VARIANTS)('layers in the %s module', (variant) => {
  const factory = { name: variant, create: () => createWasmBackend({ modules: [variant] }) };
  for (const { name, run } of linearConformance(factory)) test(name, run);
});
