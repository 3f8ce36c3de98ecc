import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './packages.ts';

/** The root README's library example, as it stands there: what users copy is what is run. */
export function libraryExample(): string {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const code = /```js\n(?<code>[\s\S]*?)```/.exec(readme)?.groups?.code;
  if (code === undefined) throw new Error('README.md has no ```js block with the library example');
  return code;
}
