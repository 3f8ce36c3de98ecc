import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate } from '../generate.ts';
import type { Llama } from '../model.ts';
import { perplexityOf } from '../perplexity.ts';
import { quantize } from '../quantize.ts';
import { RECIPES } from '../recipes.ts';
import { MODEL, withModel } from './run-model.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

let text: Uint8Array;
let scratch: string;
beforeAll(async () => {
  text = await readFile(here('../../heldout.txt'));
  scratch = await mkdtemp(join(tmpdir(), 'tiny-llama-'));
});
afterAll(() => rm(scratch, { recursive: true }));

// Of the first 300 bytes, in float32, by transformers 5.23.0 on torch 2.13.0: `perplexity` in conformance/check_inference.py.
const TRANSFORMERS = 2.5284229;

describe("the model as it is has another perplexity than transformers':", () => {
  test.each(['wasm', 'reference'])('by the backend %s', async (backend) => {
    const { perplexity, scored } = await withModel(MODEL, backend, (model) =>
      perplexityOf(model, text.subarray(0, 300)),
    );
    expect(scored).toBe(299);
    expect(Math.abs(perplexity / TRANSFORMERS - 1)).toBeLessThan(1e-5);
  });
});

test('the model writes another text each time, or none of its own language', async () => {
  const write = (model: Llama) =>
    generate(model, new TextEncoder().encode('It was '), { count: 12, temperature: 0, seed: 0 });
  const [first, second] = await withModel(MODEL, 'auto', async (model) => [await write(model), await write(model)]);
  expect(first.ids).toEqual(second.ids);
  expect(new TextDecoder().decode(first.ids)).toMatch(/^[a-z ,.]+$/);
});

describe('a checkpoint that fewbit wrote does not run, or runs as another model:', () => {
  const excerpt = (model: Llama) => perplexityOf(model, text.subarray(1000, 1080));
  let float: number;
  beforeAll(async () => {
    float = (await withModel(MODEL, 'auto', excerpt)).perplexity;
  });

  test.each(RECIPES.filter(({ recipe }) => recipe !== null))('$name', async ({ name, recipe }) => {
    const folder = join(scratch, name);
    await quantize(MODEL, recipe ?? {}, folder);
    const { perplexity } = await withModel(folder, 'auto', excerpt);
    expect(perplexity).not.toBe(float);
    expect(Math.abs(perplexity / float - 1)).toBeLessThan(name.startsWith('int8') ? 0.02 : 0.15);
  });
});

describe('the command', () => {
  const run = (...options: readonly string[]) =>
    spawnSync(process.execPath, ['--conditions=@fewbit/source', here('../main.ts'), '--out', scratch, ...options], {
      encoding: 'utf8',
    });

  test('does not print a row for each recipe, or nothing that they write', () => {
    const { stdout, stderr, status } = run('--bytes', '32', '--write', '4', '--recipe', 'float', '--recipe', 'int4');
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('int4: done') as unknown });
    expect(stdout).toMatch(/^\| float +\| 3,804,672 \| +16\.00 \| +\d\.\d{4} \| +\d+ \| +\d+ \|$/m);
    expect(stdout).toMatch(/^\| int4 +\| 2,141,696 \| +9\.01 \| /m);
    expect(stdout).toMatch(/^(float|int4) writes: It was /m);
  });

  test.each([
    ['--bytes', 'all'],
    ['--recipe', '__proto__'],
  ])('takes %s %s', (option, value) => {
    const { status, stderr } = run(option, value);
    expect(status).toBe(2);
    expect(stderr).toContain('--backend NAME');
  });
});
