import { backendConformance } from '@fewbit/core/testing';
import { describe, test } from 'vitest';
import { createWasmBackend, type ModuleVariant } from '../src/index.ts';

const VARIANTS: readonly ModuleVariant[] = ['plain', 'relaxed'];

describe.each(VARIANTS)('the %s module', (variant) => {
  const factory = { name: variant, create: () => createWasmBackend({ modules: [variant] }) };
  for (const { name, run } of backendConformance(factory)) test(name, run);
});
