import { ReadError, WriteError } from '@fewbit/core';

/** What the system's codes mean to a person. */
const MEANINGS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file or directory'],
  ['EACCES', 'permission is denied'],
  ['EPERM', 'the operation is not permitted'],
  ['EISDIR', 'it is a directory'],
  ['ENOTDIR', 'a part of the path is not a directory'],
  ['EMFILE', 'too many files are open'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the quota is used up'],
  ['EROFS', 'the file system is read-only'],
  ['EFBIG', 'the file is too large for the file system'],
  ['EEXIST', 'it exists already'],
  ['ENAMETOOLONG', 'the name is too long'],
]);

export function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** The sentence for a failed system call. */
function meaning(error: unknown): string {
  const code = codeOf(error);
  const known = code === null ? undefined : MEANINGS.get(code);
  if (known !== undefined) return `${known} (${code ?? ''})`;
  return error instanceof Error ? error.message : String(error);
}

export function readError(action: string, where: string, cause: unknown): ReadError {
  return new ReadError({ message: `${action}: ${meaning(cause)}`, where, cause });
}

export function writeError(action: string, where: string, cause: unknown): WriteError {
  const hint =
    codeOf(cause) === 'ENOSPC' ? 'Free some space, or write elsewhere; what was written is removed.' : undefined;
  return new WriteError({
    message: `${action}: ${meaning(cause)}`,
    where,
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}
