import { randomUUID } from 'node:crypto';
import { access, chmod, link, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { OutputRefusedError, WriteError } from '@fewbit/core';

/**
 * Writes a text so that the path never shows half of it.
 *
 * @throws OutputRefusedError when something is there and `overwrite` is off.
 * @throws WriteError when it cannot be written.
 */
export async function writeNewFile(path: string, text: string, overwrite: boolean): Promise<void> {
  // Asked before the work is done; linking below asks again without a gap.
  if (!overwrite && (await exists(path))) throw occupied(path);
  await throughTemporary(path, path, text, overwrite ? rename : link);
}

/**
 * Gives a file that is there a new text: a reader finds the old or the new one, never half of it. A link stays a link.
 *
 * @throws WriteError when it cannot be written.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const target = await realpath(path).catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
  await throughTemporary(target, path, text, async (temporary) => {
    await chmod(temporary, (await stat(target)).mode);
    await rename(temporary, target);
  });
}

async function throughTemporary(
  target: string,
  shown: string,
  text: string,
  settle: (temporary: string, target: string) => Promise<void>,
): Promise<void> {
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, text, { flag: 'wx' });
    await settle(temporary, target);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') throw occupied(shown);
    throw unwritable(shown, cause);
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

function unwritable(where: string, cause: unknown): WriteError {
  return new WriteError({ message: 'the file cannot be written', where, cause });
}

function occupied(path: string): OutputRefusedError {
  return new OutputRefusedError({
    message: 'something is there already',
    where: path,
    hint: 'Give another path, or --overwrite.',
  });
}
