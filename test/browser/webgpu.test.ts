import { fileURLToPath } from 'node:url';
import { linearConformance } from '@fewbit/core/testing';
import { webgpuBackend } from '@fewbit/kernels-webgpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundle, call, openChromium, SOFTWARE_WEBGPU, visit, type Site } from './harness/index.ts';
import type { WebgpuOutcome } from './pages/webgpu.ts';

let files: Site['files'];
beforeAll(async () => {
  files = await bundle(fileURLToPath(new URL('pages/webgpu.ts', import.meta.url)));
});

/** A software adapter compiles and runs at the speed of a processor that others use, too. */
const SUITE_MS = 900_000;

describe('a page with WebGPU', () => {
  it(
    'passes the suite of linear layers',
    async () => {
      const outcome = await outcomeIn(SOFTWARE_WEBGPU);
      expect(outcome).toEqual({
        reason: null,
        cases: linearConformance(webgpuBackend).length,
        failures: [],
        rejected: 0,
      });
    },
    SUITE_MS,
  );

  it('whose browser has no adapter is told so', async () => {
    expect((await outcomeIn([])).reason).toMatch(/no adapter|no WebGPU/);
  });
});

async function outcomeIn(flags: readonly string[]): Promise<WebgpuOutcome> {
  const browser = await openChromium(flags);
  try {
    return (await visit(browser, { files, isolated: false }, (page) =>
      call(page, 'layersOnGpu', null),
    )) as WebgpuOutcome;
  } finally {
    await browser.close();
  }
}
