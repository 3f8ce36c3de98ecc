import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publishedPackages, root } from '../scripts/packages.ts';

interface Manifest {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

function entryPoints(directory: string): readonly (readonly [string, string])[] {
  const { exports } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'string' ? [] : [[path, join(directory, target['@fewbit/source'] ?? '')] as const],
  );
}

function exportedNames(file: string): readonly string[] {
  const code = `console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(file)})).sort()))`;
  const args = ['--conditions=@fewbit/source', '--input-type=module', '--eval', code];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })) as string[];
}

describe('what packages export', () => {
  for (const { name, directory } of publishedPackages()) {
    for (const [path, file] of entryPoints(directory)) {
      it(`${name} ${path}: a name that goes missing here breaks users' imports`, async () => {
        const list = `${exportedNames(file).join('\n')}\n`;
        const snapshot = `${name.replace(/^@fewbit\//, '')}${path.slice(1).replaceAll('/', '-')}.txt`;
        await expect(list).toMatchFileSnapshot(`exports/${snapshot}`);
      });
    }
  }
});
