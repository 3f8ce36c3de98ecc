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
const SITES = [
  { title: 'isolated from other origins, with threads', isolated: true, threads: 2 },
  { title: 'not isolated, so without threads', isolated: false, threads: 2 },
];

describe.each(SITES)('a page that is $title', ({ isolated, threads }) => {
  for (const variant of VARIANTS) {
    for (const suite of ['backend', 'linear'] as const) {
      it(
        `passes the ${suite} suite with the ${variant} module`,
        async () => {
          const job: ConformanceJob = { suite, variant, threads };
          const run = (page: Parameters<typeof call>[0]): Promise<unknown> => call(page, 'conformance', job);
          const outcome = (await visit(browser, { files, isolated }, run)) as ConformanceOutcome;
          expect(outcome.cases.filter(({ error }) => error !== null)).toEqual([]);
          expect(outcome.cases.map(({ name }) => name)).toEqual(names[suite]);
          expect(outcome).toMatchObject({ backend: `wasm-${variant}`, isolated });
        },
        SUITE_MS,
      );
    }
  }
});
