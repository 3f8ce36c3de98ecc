// Checks each published package as npm would publish it: publint on its manifest, attw on how its types resolve.
import { spawnSync } from 'node:child_process';
import { publishedPackages, root } from './packages.ts';

let failures = 0;
for (const { directory, name } of publishedPackages()) {
  for (const [command, ...args] of [
    ['publint', '--strict', directory],
    ['attw', '--pack', directory, '--profile', 'esm-only', '--quiet'],
  ] as const) {
    const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
    if (status !== 0) failures += 1;
    console.log(`${status === 0 ? 'ok' : 'FAILED'}  ${command} ${name}`);
  }
}
process.exit(failures === 0 ? 0 : 1);
