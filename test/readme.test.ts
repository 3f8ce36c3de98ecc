import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishedPackages, root } from '../scripts/packages.ts';

interface Readme {
  readonly file: string;
  /** Where its code runs from: a package sees itself and what it depends on, the root README what the command does. */
  readonly package: string;
  /** Its ```js and ```ts blocks. */
  readonly blocks: readonly string[];
}

const readmes: readonly Readme[] = [root, ...publishedPackages().map(({ directory }) => directory)]
  .filter((directory) => existsSync(join(directory, 'README.md')))
  .map((directory) => {
    const file = join(directory, 'README.md');
    const blocks = [...readFileSync(file, 'utf8').matchAll(/```[jt]s\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
    return { file, blocks, package: directory === root ? join(root, 'apps/cli') : directory };
  });

const SNIPPETS = '.readme-snippets';
let place = '';

beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'fewbit-readme-'));
  for (const name of ['tiny-llama', 'models/tiny-llama']) {
    cpSync(join(root, 'examples/tiny-llama/model'), join(place, name), { recursive: true });
  }
});
afterAll(() => {
  for (const readme of readmes) rmSync(join(readme.package, SNIPPETS), { recursive: true, force: true });
  rmSync(place, { recursive: true, force: true });
});

describe('code in READMEs', () => {
  for (const { file, blocks, package: home } of readmes) {
    blocks.forEach((code, index) => {
      it(`${relative(root, file)}, block ${index + 1} runs as users copy it`, () => {
        const script = join(home, SNIPPETS, `block-${index + 1}.ts`);
        mkdirSync(join(home, SNIPPETS), { recursive: true });
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
