import { readFileSync } from 'node:fs';

/** Of the package, from its manifest: one place, beside the code from source as built. */
export const version: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
