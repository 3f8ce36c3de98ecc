import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as generated from '../../src/generated/modules.ts';
import { assembleModules, sourceHash } from '../../tools/assemble-modules.ts';

function sha256(base64: string): string {
  return createHash('sha256').update(Buffer.from(base64, 'base64')).digest('hex');
}

test('the modules are those that the sources, the options and the compiler give (else: pnpm assemble)', async () => {
  expect(generated.SOURCE_SHA256).toBe(sourceHash());
  const { text } = await assembleModules();
  const file = new URL('../../src/generated/modules.ts', import.meta.url);
  // Compared as one: a diff of two base64 texts helps nobody.
  expect(text === readFileSync(file, 'utf8')).toBe(true);
}, 300_000);

test('nobody has changed the bytes of a module by hand', () => {
  expect(sha256(generated.PLAIN_BASE64)).toBe(generated.PLAIN_SHA256);
  expect(sha256(generated.RELAXED_BASE64)).toBe(generated.RELAXED_SHA256);
});

test('a module stays a download of some tens of kB', () => {
  for (const base64 of [generated.PLAIN_BASE64, generated.RELAXED_BASE64]) {
    expect(Buffer.from(base64, 'base64').length).toBeLessThan(96 * 1024);
  }
});

test('a module imports nothing but its memory', async () => {
  for (const base64 of [generated.PLAIN_BASE64, generated.RELAXED_BASE64]) {
    const module = await WebAssembly.compile(Buffer.from(base64, 'base64'));
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
  }
});
