import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fewbit, filesIn, json, recipeFile, scratch, tinyLlama } from './helpers.ts';
import { EVERY_OPERATION } from './recipes.ts';

describe('--backend', () => {
  it('gives the same files by wasm, by the reference and when nothing is asked for, and says which it was', async () => {
    const directory = scratch();
    const recipe = recipeFile(directory, EVERY_OPERATION);
    const quantized = async (name: string, ...backend: string[]) => {
      const out = join(directory, name);
      const finished = await fewbit('quantize', tinyLlama, '--recipe', recipe, '--out', out, '--json', ...backend);
      expect(finished.err).toBe('');
      return { files: filesIn(out), by: (json(finished) as { backend: string }).backend };
    };
    const reference = await quantized('reference', '--backend', 'reference');
    expect(reference.by).toBe('reference');
    for (const arguments_ of [[], ['--backend', 'wasm']]) {
      const other = await quantized(`other-${arguments_.length}`, ...arguments_);
      expect(other.by).toMatch(/^wasm-(?:plain|relaxed)$/);
      expect([...other.files.keys()]).toEqual([...reference.files.keys()]);
      for (const [name, bytes] of reference.files) expect(other.files.get(name)?.equals(bytes), name).toBe(true);
    }
    const measured = async (backend: string) => {
      const out = join(directory, 'reference');
      return json(await fewbit('verify', out, '--original', tinyLlama, '--backend', backend, '--json')) as object;
    };
    expect({ ...(await measured('wasm')), backend: '' }).toEqual({ ...(await measured('reference')), backend: '' });
  });
});
