import { expect, it } from 'vitest';
import { chooseModule, moduleBytes } from '../../src/module/choose.ts';
import { instantiate } from '../../src/module/kernels.ts';
import { compileShared } from '../../src/module/shared.ts';

it.each(['plain', 'relaxed'] as const)(
  'the %s module for shared memory differs in one byte, and takes shared memory only',
  async (variant) => {
    const module = await compileShared(variant);
    const shared = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
    const own = new WebAssembly.Memory({ initial: 1, maximum: 2 });
    expect(instantiate(module, shared).probe(1)).toBe(0);
    expect(() => instantiate(module, own)).toThrow(WebAssembly.LinkError);
    const chosen = await chooseModule([variant]);
    if (chosen === null) throw new Error('no module');
    expect(() => instantiate(chosen.module, shared)).toThrow(WebAssembly.LinkError);
    // What is decoded next is as it was.
    expect(WebAssembly.validate(moduleBytes(variant))).toBe(true);
  },
);
