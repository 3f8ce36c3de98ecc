import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { fewbit, filesIn, json, recipeFile, scratch, tinyLlama } from './helpers.ts';

const REFERENCE = new URL('../../../packages/core/src/reference/backend.ts', import.meta.url).href;

/** Two backends whose scales are one unit off: one says so, the other says nothing. */
const PLUGIN = `
import { createReferenceBackend } from ${JSON.stringify(REFERENCE)};
const reference = createReferenceBackend();
const quantizeAffine = async (request) => {
  const result = await reference.quantizing.quantizeAffine(request);
  const scale = result.scale.slice();
  const width = request.scaleDtype === 'F32' ? 4 : 2;
  for (let at = 0; at < scale.length; at += width) scale[at] ^= 1;
  return { ...result, scale };
};
const { exactness, ...operations } = { ...reference.quantizing, quantizeAffine };
export const backends = [
  { name: 'near', create: () => ({ ...reference, name: 'near-1', quantizing: { ...operations, exactness: { unitsInLastPlace: 1, steps: 0 } } }) },
  { name: 'silent', create: () => ({ ...reference, name: 'silent', quantizing: operations }) },
];
`;

interface Outcome {
  readonly backend: string;
  readonly exactness: unknown;
  readonly findings: readonly { readonly id: string; readonly severity: string; readonly message: string }[];
}

describe('a backend of a plugin that does not promise the reference’s bits', () => {
  let directory = '';
  let command: readonly string[] = [];
  const out = (name: string): string => join(directory, name);
  const quantize = (name: string, ...more: string[]) => fewbit(...command, '--out', out(name), ...more);

  beforeEach(() => {
    directory = scratch();
    const plugin = join(directory, 'plugin.mjs');
    writeFileSync(plugin, PLUGIN);
    const recipe = recipeFile(directory, { 're:.*q_proj': { type: 'Int8WeightOnlyConfig' } });
    command = ['quantize', tinyLlama, '--recipe', recipe, '--workers', '1', '--plugin', plugin];
  });

  it.each([
    ['near', /"near-1" may be off by 1 units in the last place/],
    ['silent', /"silent" does not say how near/],
  ])('is refused before anything is written, in a dry run too: %s', async (name, words) => {
    for (const more of [[], ['--dry-run']]) {
      const refused = await quantize(name, '--backend', name, '--json', ...more);
      expect(refused.code).toBe(2);
      expect(json(refused)).toMatchObject({ error: { code: 'FEWBIT_BACKEND_INEXACT' } });
      expect(refused.err).toMatch(words);
      expect(refused.err).toContain('--allow-inexact');
      expect(existsSync(out(name))).toBe(false);
    }
  });

  it('runs with --allow-inexact, and the result says that its bytes may be others', async () => {
    const allowed = json(await quantize('near', '--backend', 'near', '--allow-inexact', '--json')) as Outcome;
    expect(allowed).toMatchObject({ backend: 'near-1', exactness: { unitsInLastPlace: 1, steps: 0 } });
    const said = allowed.findings.find(({ id }) => id === 'inexact-backend');
    expect(said).toMatchObject({ severity: 'warning', message: expect.stringContaining('need not be') as unknown });
    const exact = json(await quantize('exact', '--json')) as Outcome;
    expect(exact.exactness).toBe('bit-exact');
    expect(exact.findings.filter(({ id }) => id === 'inexact-backend')).toEqual([]);
    expect(filesIn(out('near')).get('model.safetensors')).not.toEqual(filesIn(out('exact')).get('model.safetensors'));

    const silent = await quantize('silent', '--backend', 'silent', '--allow-inexact');
    expect(silent.code).toBe(0);
    expect(silent.out).toMatch(/WARNING: the backend "silent" does not say how near/);
  });

  it('is never what auto takes, even with --allow-inexact', async () => {
    const outcome = json(await quantize('auto', '--allow-inexact', '--json')) as Outcome;
    expect(outcome).toMatchObject({
      exactness: 'bit-exact',
      backend: expect.stringMatching(/^wasm|^reference/) as unknown,
    });
  });
});

describe('a plugin', () => {
  it.each([
    ['export const backends = [{ name: "x" }];', /no list of backend factories/],
    ['export const backend = 1;', /does not export a list "configs"/],
  ])('that exports something else is refused: %s', async (code, words) => {
    const directory = scratch();
    const plugin = join(directory, 'plugin.mjs');
    writeFileSync(plugin, code);
    const recipe = recipeFile(directory, {});
    const { code: exit, err } = await fewbit('explain', tinyLlama, '--recipe', recipe, '--plugin', plugin);
    expect(exit).toBe(2);
    expect(err).toMatch(words);
  });
});
