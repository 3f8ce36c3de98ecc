import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quantize } from '@fewbit/example-tiny-llama/quantize.ts';
import { RECIPES } from '@fewbit/example-tiny-llama/recipes.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle, call, openChromium, SOFTWARE_WEBGPU, visit, type Site } from './harness/index.ts';
import type { TinyLlamaJob } from './pages/tiny-llama.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const MODEL = here('../../examples/tiny-llama/model/');
const text = readFileSync(here('../../examples/tiny-llama/heldout.txt'), 'latin1').slice(0, 100);
const scratch = mkdtempSync(join(tmpdir(), 'tiny-llama-page-'));

let files: Site['files'];
beforeAll(async () => {
  files = await bundle(here('pages/tiny-llama.ts'));
});
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

describe('the tiny Llama in a page', () => {
  it.each(RECIPES.filter(({ name }) => ['float', 'int8-dynamic', 'int4-dynamic'].includes(name)))(
    'has the same perplexity on WebGPU as on WebAssembly: $name',
    async ({ name, recipe }) => {
      const folder = recipe === null ? MODEL : join(scratch, name, '/');
      if (recipe !== null) await quantize(MODEL, recipe, join(scratch, name));
      const browser = await openChromium(SOFTWARE_WEBGPU);
      try {
        const site = { files, directories: { '/model/': folder }, isolated: false };
        const on = (backend: TinyLlamaJob['backend']): Promise<unknown> => {
          const job: TinyLlamaJob = { files: readdirSync(folder), backend, text };
          return visit(browser, site, (page) => call(page, 'perplexity', job));
        };
        const [wasm, webgpu] = [Number(await on('wasm')), Number(await on('webgpu'))];
        expect(wasm).toBeGreaterThan(1);
        // Under int8 activations the last bit of a sum may decide a code.
        expect(Math.abs(webgpu / wasm - 1)).toBeLessThan(name === 'float' ? 1e-5 : 1e-3);
      } finally {
        await browser.close();
      }
    },
    300_000,
  );
});
