// Bundles the page into dist/main.js and says how large it is.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

export interface Bundle {
  readonly code: string;
  /** Bytes of the code, minified, and of the same gzipped. */
  readonly bytes: number;
  readonly gzippedBytes: number;
  /** The files that something was taken from, with the bytes that each leaves in the bundle before it is minified. */
  readonly modules: ReadonlyMap<string, number>;
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** @param conditions Of the packages' `exports`: `@fewbit/source` takes what is in this repository, unbuilt. */
export async function bundlePage(conditions: readonly string[] = []): Promise<Bundle> {
  const build = await rolldown({
    input: here('main.ts'),
    platform: 'browser',
    resolve: { conditionNames: [...conditions, 'import', 'default'] },
    transform: { define: { RECIPE_TEXT: JSON.stringify(readFileSync(here('recipe.json'), 'utf8')) } },
  });
  const { output } = await build.generate({ format: 'iife', minify: true });
  await build.close();
  const [chunk] = output;
  return {
    code: chunk.code,
    bytes: Buffer.byteLength(chunk.code),
    gzippedBytes: gzipSync(chunk.code, { level: 9 }).byteLength,
    modules: new Map(Object.entries(chunk.modules).map(([name, { renderedLength }]) => [name, renderedLength])),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { code, bytes, gzippedBytes } = await bundlePage(['@fewbit/source']);
  mkdirSync(here('dist'), { recursive: true });
  writeFileSync(here('dist/main.js'), code);
  console.log(`dist/main.js: ${bytes} bytes minified, ${gzippedBytes} gzipped`);
}
