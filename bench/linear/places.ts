import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle, call, openChromium, visit } from '@fewbit/browser-tests/harness';
import { rolldown } from 'rolldown';
import { assembleRoofline } from '../roofline/assemble.ts';
import type { RowResult } from './measure-rows.ts';
import type { NodeJob } from './node-part.ts';
import type { PageJob } from './page-part.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Measures rows in a process of this Node, or of a Node 20 with the plain module alone. */
export async function measureInNode(
  node: string,
  variants: readonly ('plain' | 'relaxed')[],
  only: NodeJob['only'] = null,
): Promise<readonly RowResult[]> {
  const script = await bundleForNode();
  const job: NodeJob = { rooflines: await rooflines(variants), threads: 2, only };
  const target = here('../dist/rows.json');
  execFileSync(node, [script, JSON.stringify(job), target], { stdio: 'inherit' });
  return JSON.parse(readFileSync(target, 'utf8')) as readonly RowResult[];
}

/** Measures all rows but those against native code in a page of a Chromium, isolated from other origins. */
export async function measureInChromium(): Promise<{ readonly version: string; readonly rows: readonly RowResult[] }> {
  const browser = await openChromium();
  try {
    const site = {
      files: await bundle(here('page-part.ts')),
      directories: { '/onnxruntime-web/': join(here('../node_modules/onnxruntime-web/dist'), '/') },
      isolated: true,
    };
    const job: PageJob = { rooflines: await rooflines(['relaxed', 'plain']), threads: 2, only: null };
    const rows = await visit(
      browser,
      site,
      (page) => call(page, 'measure', job) as Promise<readonly RowResult[]>,
      (line) => {
        console.error(`  Chromium: ${line}`);
      },
    );
    return { version: `Chromium ${browser.version()}`, rows };
  } finally {
    await browser.close();
  }
}

async function rooflines(variants: readonly ('plain' | 'relaxed')[]): Promise<NodeJob['rooflines']> {
  const modules = await Promise.all(variants.map(async (name) => [name, await assembleRoofline(name)] as const));
  return Object.fromEntries(modules);
}

/** Where bench's own dependencies are found. */
async function bundleForNode(): Promise<string> {
  const build = await rolldown({
    input: here('node-part.ts'),
    platform: 'node',
    external: [/^onnxruntime-/],
    resolve: { conditionNames: ['@fewbit/source', 'import', 'default'] },
  });
  mkdirSync(here('../dist'), { recursive: true });
  const file = here('../dist/node-part.mjs');
  await build.write({ file, format: 'esm', codeSplitting: false });
  await build.close();
  return file;
}

/** A Node 20: the first on the PATH, or one from a package, put into `scratch`. */
export function findNode20(scratch: string): string {
  const places = (process.env.PATH ?? '').split(delimiter);
  const found = places.map((place) => join(place, 'node')).find((path) => versionOf(path).startsWith('v20.'));
  if (found !== undefined) return found;
  const options = ['--prefix', scratch, '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['install', ...options, `node-linux-${process.arch}@20.19.0`], { stdio: 'inherit' });
  return join(scratch, `node_modules/node-linux-${process.arch}/bin/node`);
}

export function versionOf(node: string): string {
  try {
    return execFileSync(node, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}
