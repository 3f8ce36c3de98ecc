import { afterEach, describe, expect, it, vi } from 'vitest';
import { createWasmBackend } from '../../src/index.ts';
import { RELAXED_BASE64 } from '../../src/generated/modules.ts';

const RELAXED_BYTES = Buffer.from(RELAXED_BASE64, 'base64').length;

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** An engine that takes relaxed SIMD and computes it wrongly, as Node 20 does with its flag. */
function wrongAnswers(): void {
  const { Instance } = WebAssembly;
  const relaxed: Set<WebAssembly.Module> = new Set();
  const { compile } = WebAssembly;
  vi.spyOn(WebAssembly, 'compile').mockImplementation(async (bytes) => {
    const module = await compile(bytes);
    if ((bytes as Uint8Array).length === RELAXED_BYTES) relaxed.add(module);
    return module;
  });
  vi.spyOn(WebAssembly, 'Instance').mockImplementation(function (module, imports) {
    const instance = new Instance(module, imports);
    if (!relaxed.has(module)) return instance;
    return { exports: { ...instance.exports, probe: () => 1 } };
  });
}

describe('which module is chosen', () => {
  it('is the relaxed one where it gives the known answers', async () => {
    expect((await createWasmBackend())?.name).toBe('wasm-relaxed');
  });

  it('is the plain one where relaxed instructions give wrong answers', async () => {
    wrongAnswers();
    expect((await createWasmBackend())?.name).toBe('wasm-plain');
    expect(await createWasmBackend({ modules: ['relaxed'] })).toBeNull();
  });

  it('is the plain one where relaxed instructions are unknown', async () => {
    const { validate } = WebAssembly;
    vi.spyOn(WebAssembly, 'validate').mockImplementation(
      (bytes) => (bytes as Uint8Array).length !== RELAXED_BYTES && validate(bytes),
    );
    expect((await createWasmBackend())?.name).toBe('wasm-plain');
  });

  it('is none where SIMD is unknown, or WebAssembly altogether', async () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    expect(await createWasmBackend()).toBeNull();
    vi.stubGlobal('WebAssembly', undefined);
    expect(await createWasmBackend()).toBeNull();
  });
});
