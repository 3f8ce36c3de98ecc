import { readFile } from 'node:fs/promises';
import { openCheckpoint, type CheckpointFolder } from '@fewbit/adapters-safetensors/node';
import { parseRecipe, ReadError, type ParsedRecipe, type Registry } from '@fewbit/core';
import { fromArgument } from './exit-code.ts';

export function openInput(target: string): Promise<CheckpointFolder> {
  return fromArgument(openCheckpoint(target));
}

/** The text of a recipe file. */
export async function readRecipeText(path: string): Promise<string> {
  const reading = readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ReadError({
      message: 'the recipe cannot be read',
      where: path,
      hint: 'Give the path of a recipe file.',
      cause,
    });
  });
  return fromArgument(reading);
}

export async function readRecipe(path: string, registry: Registry): Promise<ParsedRecipe> {
  return parseRecipe(await readRecipeText(path), registry);
}
