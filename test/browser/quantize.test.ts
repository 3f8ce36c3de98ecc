import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createMemorySink, safetensorsAdapter as adapter } from '@fewbit/adapters-safetensors';
import { openCheckpoint } from '@fewbit/adapters-safetensors/node';
import { builtinConfigs } from '@fewbit/configs';
import {
  createItemRunner,
  createReferenceBackend,
  createRegistry,
  executePlan,
  parseRecipe,
  planModel,
} from '@fewbit/core';
import { expect, it } from 'vitest';
import { bundle, call, openChromium, visit } from './harness/index.ts';
import type { QuantizeOutcome } from './pages/quantize.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const MODEL = here('../../examples/tiny-llama/model/');

it('a checkpoint of Blobs becomes the files that Node writes with the reference backend', async () => {
  const recipe = readFileSync(here('../../examples/recipes/mixed.json'), 'utf8');
  const browser = await openChromium();
  try {
    const site = {
      files: await bundle(here('pages/quantize.ts')),
      directories: { '/model/': MODEL },
      isolated: false,
    };
    const job = { files: readdirSync(MODEL), recipe };
    const outcome = (await visit(browser, site, (page) => call(page, 'quantize', job))) as QuantizeOutcome;
    expect(outcome.backend).toBe('wasm-relaxed');
    expect(outcome.hashes).toEqual(await quantizeHere(recipe));
  } finally {
    await browser.close();
  }
});

async function quantizeHere(text: string): Promise<Readonly<Record<string, string>>> {
  const model = await openCheckpoint(MODEL);
  const { recipe } = parseRecipe(text, createRegistry({ configs: builtinConfigs }));
  const { plan } = planModel(model, { recipe, adapter });
  const sink = createMemorySink();
  const [sources, files] = [model.shards.map(({ source }) => source), plan.files.map(({ name }) => name)];
  const runner = createItemRunner({ recipe, sources, files, sink, backend: createReferenceBackend() });
  await executePlan(plan, { recipe, runners: [runner], sink });
  await model.close();
  const written = [...(sink.files() ?? [])];
  expect(written.length).toBeGreaterThan(0);
  return Object.fromEntries(written.map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]));
}
