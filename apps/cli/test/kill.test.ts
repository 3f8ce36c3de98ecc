import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { fewbit, recipeFile, scratch, writeModel } from './helpers.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** Starts the command, kills it after a while, and tells whether it was still running. */
async function killAfter(milliseconds: number, args: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, ['--conditions=@fewbit/source', main, ...args], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await sleep(milliseconds);
  const running = child.exitCode === null;
  child.kill('SIGKILL');
  await ended;
  return running;
}

describe('a run that is killed', () => {
  it('leaves nothing under the final name, or the whole checkpoint, whenever it dies', async () => {
    const directory = scratch();
    writeModel(directory, {
      'a.weight': { dtype: 'BF16', shape: [4096, 4096] },
      'b.weight': { dtype: 'BF16', shape: [4096, 2048] },
    });
    const recipe = recipeFile(directory, { 're:.': { type: 'Int4WeightOnlyConfig', group_size: 32 } });
    let killed = 0;
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const out = join(directory, `out-${attempt}`);
      if (await killAfter(250 + attempt * 120, ['quantize', directory, '--recipe', recipe, '--out', out])) killed += 1;
      if (!existsSync(out)) continue;
      expect(await fewbit('verify', out, '--original', directory)).toMatchObject({ code: 0 });
    }
    expect(killed).toBeGreaterThan(0);
  }, 120_000);
});
