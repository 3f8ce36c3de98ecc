import { randomUUID } from 'node:crypto';
import { chmod, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { WriteError } from '@fewbit/core';

/** Gives a file a new text so that a reader finds the old or the new one, never half of it. A link stays a link. */
export async function replaceFile(path: string, text: string): Promise<void> {
  let temporary: string | null = null;
  try {
    const target = await realpath(path);
    const { mode } = await stat(target);
    temporary = `${target}.${randomUUID()}.tmp`;
    await writeFile(temporary, text, { flag: 'wx' });
    await chmod(temporary, mode);
    await rename(temporary, target);
  } catch (cause) {
    if (temporary !== null) await rm(temporary, { force: true });
    throw new WriteError({ message: 'the recipe cannot be written', where: path, cause });
  }
}
