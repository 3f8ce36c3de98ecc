import { randomBytes } from 'node:crypto';
import { access, link, rename, rm, writeFile } from 'node:fs/promises';
import { OutputRefusedError, WriteError } from '@fewbit/core';

/**
 * Writes a text so that the path never shows half of it.
 *
 * @throws OutputRefusedError when something is there and `overwrite` is off.
 */
export async function writeNewFile(path: string, text: string, overwrite: boolean): Promise<void> {
  // Asked before the work is done; linking below asks again without a gap.
  if (!overwrite && (await exists(path))) throw occupied(path);
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, text, { flag: 'wx' });
    if (overwrite) await rename(temporary, path);
    else await link(temporary, path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') throw occupied(path);
    throw new WriteError({ message: 'the file cannot be written', where: path, cause });
  } finally {
    await rm(temporary, { force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function occupied(path: string): OutputRefusedError {
  return new OutputRefusedError({
    message: 'something is there already',
    where: path,
    hint: 'Give another path, or --overwrite.',
  });
}
