import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle, call, openChromium, visit } from '@fewbit/browser-tests/harness';
import { ratioCells } from '../linear/table.ts';
import { busyness, median } from '../measure.ts';
import type { Section } from '../section.ts';
import type { DecodeResult } from './page-part.ts';
import { DECODED_TOKENS, PROMPT_TOKENS, ROUNDS, WEIGHTS } from './shape.ts';
import { writeModel } from './write-model.ts';

const ASKED = 10;

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Decoding with a whole model in headless Chromium, one thread, against wllama. */
export const decodeSection: Section = {
  name: 'decode',
  run: async ({ scratch }) => {
    const file = join(scratch, 'model.gguf');
    writeModel(file);
    const load = busyness();
    const { version, result } = await decodeInChromium(scratch);
    const row = (name: string, milliseconds: readonly number[]): string => {
      const [middle, best] = [median(milliseconds), Math.min(...milliseconds)];
      const cells = [
        name,
        `${middle.toFixed(1)} (${best.toFixed(1)})`,
        (1000 / middle).toFixed(1),
        ((2 * WEIGHTS) / middle / 1e6).toFixed(1),
      ];
      return `| ${cells.join(' | ')} |`;
    };
    const [ratio, verdict] = ratioCells(median(result.wllama) / median(result.ours), ASKED);
    return [
      `${version}, headless, one page. A Llama of random weights, ${(WEIGHTS / 1e6).toFixed(0)} M in linear layers (q4_0: ${(statSync(file).size / 1e6).toFixed(0)} MB),`,
      `${DECODED_TOKENS} tokens after a prompt of ${PROMPT_TOKENS}, medians (and best) of ${ROUNDS} rounds in turn. Both on one thread (wllama says ${result.wllamaThreads}). ${load}`,
      'Ours: the same shapes with other random weights, int4 in groups of 32 with scales in bf16 (4.5 bits a weight, as in q4_0) under int8 activations, through the forward pass of',
      '`examples/tiny-llama`: embedding, norms, RoPE, attention over f32 keys and values, SiLU, the head; no sampling. wllama: its own',
      '`predicted_per_token_ms`, which includes sampling (greedy, one token forced) and excludes the prompt.',
      '',
      '| | ms a token | tokens/s | GOPS of linear layers |',
      '| --- | --- | --- | --- |',
      row(`fewbit, ${result.backend}: ${result.packing}`, result.ours),
      row('wllama 3.8.1, q4_0', result.wllama),
      '',
      `${ratio} times as fast; asked ${verdict}.`,
    ].join('\n');
  },
};

async function decodeInChromium(scratch: string): Promise<{ readonly version: string; readonly result: DecodeResult }> {
  const browser = await openChromium();
  try {
    const site = {
      files: await bundle(here('page-part.ts')),
      directories: { '/wllama/': join(here('../node_modules/@wllama/wllama/esm/wasm'), '/'), '/': join(scratch, '/') },
      isolated: true,
    };
    const report = (line: string): void => {
      console.error(`  Chromium: ${line}`);
    };
    const result = await visit(browser, site, (page) => call(page, 'decode', null) as Promise<DecodeResult>, report);
    return { version: `Chromium ${browser.version()}`, result };
  } finally {
    await browser.close();
  }
}
