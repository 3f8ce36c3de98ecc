import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeWebgpu, webgpuFrom } from '../src/webgpu.ts';
import { fewbit, filesIn, json, recipeFile, scratch, tinyLlama } from './helpers.ts';
import { EVERY_OPERATION } from './recipes.ts';

/** A software adapter that Debian's chromium-common brings. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (existsSync(SWIFTSHADER)) process.env.VK_ICD_FILENAMES ??= SWIFTSHADER;

const hasAdapter = await Promise.resolve(nodeWebgpu.create()).then(
  (backend) => {
    backend?.close();
    return true;
  },
  (error: unknown) => {
    const advice = 'apt-get install --no-install-recommends chromium-common libvulkan1 brings a software adapter';
    if (process.env.CI !== undefined) throw error;
    process.stderr.write(`\nSKIPPED: the command on WebGPU, for there is no adapter here (${advice})\n`);
    return false;
  },
);

/** Opening a device compiles for it, which takes a software adapter seconds. */
const TIMEOUT = 240_000;

describe.skipIf(!hasAdapter)('fewbit --backend webgpu', () => {
  it(
    'writes the files that wasm writes, by one worker unless more are asked for',
    async () => {
      const directory = scratch();
      const recipe = recipeFile(directory, EVERY_OPERATION);
      const quantized = async (backend: string, ...more: string[]) => {
        const out = join(directory, `${backend}-${more.length}`);
        const command = ['quantize', tinyLlama, '--recipe', recipe, '--out', out, '--backend', backend, '--json'];
        const finished = await fewbit(...command, ...more);
        expect(finished.err).toBe('');
        return { out, files: filesIn(out), outcome: json(finished) };
      };
      const wasm = await quantized('wasm');
      for (const more of [[], ['--workers', '2']]) {
        const { out, files, outcome } = await quantized('webgpu', ...more);
        expect(outcome).toMatchObject({ backend: 'webgpu', exactness: 'bit-exact' });
        expect([...files.keys()]).toEqual([...wasm.files.keys()]);
        for (const [name, bytes] of wasm.files) expect(files.get(name)?.equals(bytes), name).toBe(true);
        const verified = await fewbit('verify', out, '--original', tinyLlama, '--backend', 'webgpu', '--json');
        expect(json(verified)).toMatchObject({ backend: 'webgpu', totals: { problems: 0 } });
      }
    },
    TIMEOUT,
  );

  it(
    'ends with an error like any other when the recipe is bad, though a worker is still opening the GPU then',
    async () => {
      const directory = scratch();
      const recipe = recipeFile(directory, '{"re:(": {"type": "Int8WeightOnlyConfig"}}');
      const out = join(directory, 'out');
      const command = ['quantize', tinyLlama, '--recipe', recipe, '--out', out, '--backend', 'webgpu'];
      expect(await fewbit(...command)).toMatchObject({ code: 2, out: '' });
    },
    TIMEOUT,
  );

  it(
    'is named by a dry run, which opens it',
    async () => {
      const directory = scratch();
      const recipe = recipeFile(directory, EVERY_OPERATION);
      const out = join(directory, 'out');
      const command = ['quantize', tinyLlama, '--recipe', recipe, '--out', out, '--backend', 'webgpu', '--dry-run'];
      expect((await fewbit(...command)).out).toContain('computed by webgpu');
      expect(existsSync(out)).toBe(false);
    },
    TIMEOUT,
  );
});

describe('where the npm package webgpu', () => {
  const failing = (message: string, code?: string) => async () =>
    webgpuFrom(() => Promise.reject(Object.assign(new Error(message), { code }))).create();

  it('is not installed, the error says what to install', async () => {
    await expect(failing('Cannot find package', 'ERR_MODULE_NOT_FOUND')()).rejects.toMatchObject({
      code: 'FEWBIT_BACKEND_UNAVAILABLE',
      message: expect.stringMatching(/"webgpu".* is not installed\. .*npm install webgpu/) as unknown,
    });
  });

  it('does not load, the error says why', async () => {
    await expect(failing('libvulkan is broken')()).rejects.toMatchObject({
      code: 'FEWBIT_BACKEND_UNAVAILABLE',
      message: expect.stringMatching(/does not load: libvulkan is broken/) as unknown,
    });
  });
});
