import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundlePage } from '@fewbit/example-shared-matcher/bundle.ts';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { openChromium, visit } from './harness/index.ts';

const EXAMPLE = new URL('../../examples/', import.meta.url);
const SHARD = fileURLToPath(new URL('tiny-llama/model/model-00001-of-00002.safetensors', EXAMPLE));

it("the example's page resolves typed names and a dropped file", async () => {
  const { code } = await bundlePage(['@fewbit/source']);
  const html = readFileSync(new URL('shared-matcher/index.html', EXAMPLE), 'utf8');
  const browser = await openChromium();
  try {
    const site = { files: { '/': html, '/dist/main.js': code }, isolated: false };
    const [typed, dropped, wrong] = await visit(browser, site, async (page) => {
      await page.fill('#names', 'model.layers.7.self_attn.q_proj.weight\nlm_head.weight');
      const first = await page.textContent('#result');
      await drop(page, readFileSync(SHARD), 'shard.safetensors');
      const second = await resultWith(page, 'Int4WeightOnlyConfig');
      await drop(page, Buffer.from('not safetensors, but long enough'), 'other.bin');
      return [first, second, await resultWith(page, 'safetensors file')];
    });
    expect(typed).toMatch(
      /q_proj\.weight: gets Int8WeightOnlyConfig.*lm_head\.weight: left alone: null from "lm_head"/s,
    );
    expect(dropped).toContain('model.layers.0.mlp.up_proj.weight: gets Int4WeightOnlyConfig');
    expect(wrong).toContain('probably not a safetensors file');
  } finally {
    await browser.close();
  }
});

/** Drops a file on the page, as a user's mouse does. */
async function drop(page: Page, bytes: Buffer, name: string): Promise<void> {
  const script = `((base64, name) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], name));
    document.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  })(${JSON.stringify(bytes.toString('base64'))}, ${JSON.stringify(name)})`;
  await page.evaluate(script);
}

async function resultWith(page: Page, text: string): Promise<string | null> {
  await page.waitForSelector(`#result:has-text(${JSON.stringify(text)})`, { timeout: 20_000 });
  return page.textContent('#result');
}
