import { fileURLToPath } from 'node:url';
import { backendConformance, linearConformance } from '@fewbit/core/testing';
import { createWasmBackend, type ModuleVariant } from '@fewbit/kernels-wasm';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle, call, openChromium, visit, type Site } from './harness/index.ts';
import type { ConformanceJob, ConformanceOutcome } from './pages/conformance.ts';

let browser: Browser;
let files: Site['files'];
beforeAll(async () => {
  browser = await openChromium();
  files = await bundle(fileURLToPath(new URL('pages/conformance.ts', import.meta.url)));
});
afterAll(() => browser.close());

// Only their names are of interest here.
const factory = { name: 'wasm', create: () => createWasmBackend() };
const names = {
  backend: backendConformance(factory).map(({ name }) => name),
  linear: linearConformance(factory).map(({ name }) => name),
};

/** A page runs a whole suite in one go. */
const SUITE_MS = 300_000;

const VARIANTS: readonly ModuleVariant[] = ['plain', 'relaxed'];
/** All ask for two threads; `suffix` of the backend's name says whether they are there. */
const PLACES = [
  {
    title: 'a page isolated from other origins, on two threads',
    isolated: true,
    run: 'conformance',
    suffix: '-2-threads',
  },
  { title: 'a worker of such a page', isolated: true, run: 'conformanceInWorker', suffix: '-2-threads' },
  { title: 'a page that is not isolated, so on one thread', isolated: false, run: 'conformance', suffix: '' },
] as const;

describe.each(PLACES)('$title', ({ isolated, run, suffix }) => {
  for (const variant of VARIANTS) {
    for (const suite of ['backend', 'linear'] as const) {
      it(
        `passes the ${suite} suite with the ${variant} module`,
        async () => {
          const job: ConformanceJob = { suite, variant, threads: 2 };
          const site = { files, isolated };
          const outcome = (await visit(browser, site, (page) => call(page, run, job))) as ConformanceOutcome;
          expect(outcome.cases.filter(({ error }) => error !== null)).toEqual([]);
          expect(outcome.cases.map(({ name }) => name)).toEqual(names[suite]);
          expect(outcome).toMatchObject({ backend: `wasm-${variant}${suffix}`, isolated });
        },
        SUITE_MS,
      );
    }
  }
});
