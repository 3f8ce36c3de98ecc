import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ReadError } from '@fewbit/core';

import type { CheckpointFiles } from '../checkpoint/checkpoint-files.ts';
import { openFileSource } from './file-source.ts';
import { codeOf, readError } from './system-error.ts';

/** The files of a directory. Links to files are followed: the hub's cache consists of them. */
export function directoryFiles(directory: string): CheckpointFiles {
  return {
    where: directory,
    locate: (name) => join(directory, name),
    open: async (name) => {
      try {
        return await openFileSource(join(directory, name));
      } catch (error) {
        if (error instanceof ReadError && codeOf(error.cause) === 'ENOENT') return null;
        throw error;
      }
    },
    list: async () => {
      try {
        const entries = await readdir(directory, { withFileTypes: true });
        const files = await Promise.all(
          entries.map(async (entry) => {
            if (!entry.isSymbolicLink()) return entry.isFile() ? entry.name : [];
            const target = await stat(join(directory, entry.name)).catch(() => null);
            return target?.isFile() === true ? entry.name : [];
          }),
        );
        return files.flat();
      } catch (error) {
        throw readError('the directory cannot be listed', directory, error);
      }
    },
  };
}
