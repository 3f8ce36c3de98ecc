import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { JsonObject } from '@fewbit/core';

// In a project of yours: `npx fewbit quantize …`.
const FEWBIT = [
  '--conditions=@fewbit/source',
  fileURLToPath(new URL('../../../apps/cli/src/main.ts', import.meta.url)),
];

/** Runs `fewbit quantize`: the checkpoint in `model` by the recipe into the folder `out`, the recipe beside it. */
export async function quantize(model: string, recipe: JsonObject, out: string): Promise<void> {
  const recipeFile = `${out}.recipe.json`;
  await mkdir(dirname(out), { recursive: true });
  await writeFile(recipeFile, JSON.stringify(recipe, null, 2));
  const command = ['quantize', model, '--recipe', recipeFile, '--out', out, '--overwrite'];
  await promisify(execFile)(process.execPath, [...FEWBIT, ...command]);
}
