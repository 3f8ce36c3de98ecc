// pnpm bench:webgpu: the decode and prefill kernels in headless Chromium on a software adapter, to see that all of it runs.
// pnpm bench:webgpu --serve: a page to open in a browser with a GPU.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundle, call, openChromium, serve, SOFTWARE_WEBGPU, visit } from '@fewbit/browser-tests/harness';
import type { WebgpuJob, WebgpuOutcome } from './page-part.ts';
import { tableOf } from './table.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const { values: options } = parseArgs({ options: { serve: { type: 'boolean', default: false } } });

if (options.serve) {
  const html = '<!doctype html><title>fewbit on WebGPU</title><body><script type="module" src="/main.js"></script>';
  const { url } = await serve({ files: { '/': html, ...(await bundle(here('page.ts'))) }, isolated: false });
  console.log(`Open ${url}/ in a browser with WebGPU (forward the port if it runs elsewhere). Ends with Ctrl+C.`);
} else {
  // A software adapter needs seconds for what a GPU does in a millisecond.
  const job: WebgpuJob = { features: 512, bytes: 2 ** 20 };
  const browser = await openChromium(SOFTWARE_WEBGPU);
  try {
    const site = { files: await bundle(here('page-part.ts')), isolated: false };
    console.log(tableOf((await visit(browser, site, (page) => call(page, 'measure', job))) as WebgpuOutcome));
  } finally {
    await browser.close();
  }
}
