import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'fewbit-custom-'));
afterAll(() => {
  rmSync(out, { recursive: true, force: true });
});

interface Answer {
  readonly tensors: readonly {
    readonly name: string;
    readonly config: string | null;
    readonly tensorClass: string | null;
    readonly sqnrDb: number | null;
  }[];
}

function fewbit(...args: string[]): Answer {
  const command = [
    '--conditions=@fewbit/source',
    join(root, 'apps/cli/src/main.ts'),
    ...args,
    '--plugin',
    'e5m2.ts',
    '--json',
  ];
  return JSON.parse(execFileSync(process.execPath, command, { cwd: import.meta.dirname, encoding: 'utf8' })) as Answer;
}

const model = join(root, 'examples/tiny-llama/model');

describe('a config type of a user', () => {
  it('is explained, quantized by workers and verified without a change to any package', () => {
    const explained = fewbit('explain', model, '--recipe', 'recipe.json');
    const mine = explained.tensors.filter(({ config }) => config === 'E5m2WeightOnlyConfig');
    expect(mine.length).toBeGreaterThan(0);

    fewbit('quantize', model, '--recipe', 'recipe.json', '--out', join(out, 'model'), '--workers', '2');
    const verified = fewbit('verify', join(out, 'model'), '--original', model);
    const e5m2 = verified.tensors.filter(({ tensorClass }) => tensorClass === 'E5m2Tensor');
    expect(e5m2.map(({ name }) => name)).toEqual(mine.map(({ name }) => name));
    // Two mantissa bits leave at most an eighth of each weight as error.
    for (const { sqnrDb } of e5m2) expect(sqnrDb).toBeGreaterThan(18);
  }, 60_000);
});
