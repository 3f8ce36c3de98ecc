import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishedPackages, root } from '../scripts/packages.ts';

/** Every README that shows code, with its ```js and ```ts blocks. */
const readmes = [root, ...publishedPackages().map(({ directory }) => directory)]
  .map((directory) => join(directory, 'README.md'))
  .filter((file) => existsSync(file))
  .map((file) => ({
    file,
    blocks: [...readFileSync(file, 'utf8').matchAll(/```[jt]s\n([\s\S]*?)```/g)].map((match) => match[1] ?? ''),
  }));

// Snippets import packages by name; the command's package depends on all of them, so they resolve from inside it.
const snippets = join(root, 'apps/cli/.readme-snippets');
let place = '';

beforeAll(() => {
  mkdirSync(snippets, { recursive: true });
  place = mkdtempSync(join(tmpdir(), 'fewbit-readme-'));
  cpSync(join(root, 'examples/tiny-llama/model'), join(place, 'tiny-llama'), { recursive: true });
});
afterAll(() => {
  rmSync(snippets, { recursive: true, force: true });
  rmSync(place, { recursive: true, force: true });
});

describe('code in READMEs', () => {
  for (const { file, blocks } of readmes) {
    blocks.forEach((code, index) => {
      it(`${relative(root, file)}, block ${index + 1} runs as users copy it`, () => {
        const script = join(snippets, `${index}-${relative(root, file).replaceAll('/', '-')}.ts`);
        writeFileSync(script, code);
        const run = (): string =>
          execFileSync(process.execPath, ['--conditions=@fewbit/source', script], {
            cwd: place,
            encoding: 'utf8',
            stdio: 'pipe',
          });
        expect(run).not.toThrow();
      });
    });
  }

  it('finds the example that the root README promises', () => {
    expect(readmes[0]?.blocks.length).toBeGreaterThan(0);
  });
});
