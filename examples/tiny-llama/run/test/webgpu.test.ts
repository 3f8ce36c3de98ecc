import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openInferenceBackend } from '@fewbit/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { perplexityOf } from '../perplexity.ts';
import { quantize } from '../quantize.ts';
import { RECIPES } from '../recipes.ts';
import { registry } from '../registry.ts';
import { MODEL, withModel } from './run-model.ts';

/** A software adapter that Debian's chromium-common brings. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (existsSync(SWIFTSHADER)) process.env.VK_ICD_FILENAMES ??= SWIFTSHADER;

const adapter = await openInferenceBackend(registry, 'webgpu').then(
  (backend) => {
    backend.close();
    return true;
  },
  (error: unknown) => {
    const advice = 'apt-get install --no-install-recommends chromium-common libvulkan1 brings a software adapter';
    if (process.env.CI !== undefined) throw error;
    process.stderr.write(`\nSKIPPED: the model on WebGPU, for there is no adapter here (${advice})\n`);
    return false;
  },
);

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tiny-llama-'));
});
afterAll(() => rm(scratch, { recursive: true }));

describe.skipIf(!adapter)('the model has another perplexity on WebGPU than on WebAssembly:', () => {
  test.each(RECIPES.filter(({ name }) => ['float', 'int8', 'int4-dynamic', 'int4-plain'].includes(name)))(
    '$name',
    async ({ name, recipe }) => {
      const folder = recipe === null ? MODEL : join(scratch, name);
      if (recipe !== null) await quantize(MODEL, recipe, folder);
      const text = (await readFile(fileURLToPath(new URL('../../heldout.txt', import.meta.url)))).subarray(0, 100);
      const on = async (backend: string): Promise<number> =>
        (await withModel(folder, backend, (model) => perplexityOf(model, text))).perplexity;
      expect(Math.abs((await on('webgpu')) / (await on('wasm')) - 1)).toBeLessThan(1e-4);
    },
    300_000,
  );
});
