import { InvalidCheckpointError, type Source } from '@fewbit/core';

import { shown } from '../json/checkpoint-json.ts';

/** The place that holds a checkpoint's files: a directory, a folder on a server, files that a user dropped on a page. */
export interface CheckpointFiles {
  /** Names the place in errors. */
  readonly where: string;
  /** The path or URL of a file of that name, whether it exists or not. */
  readonly locate: (name: string) => string;
  /**
   * The file of that name, or null when there is none. The caller closes it.
   *
   * @throws ReadError when it cannot be opened.
   */
  readonly open: (name: string) => Promise<Source | null>;
  /** Names of all files directly in this place; null where they cannot be listed (HTTP). */
  readonly list: () => Promise<readonly string[] | null>;
}

/**
 * Checks a file name that came from an index: a relative path with `/` that stays in the checkpoint's place.
 *
 * @throws InvalidCheckpointError for a name that could lead elsewhere on some platform.
 */
export function checkShardName(name: string, where: string): void {
  const segments = name.split('/');
  // A colon is a drive or an alternate stream on Windows; a backslash is its separator.
  const hostile =
    /[\\:\p{Cc}]/u.test(name) || segments.some((segment) => segment === '' || segment === '.' || segment === '..');
  if (hostile || name.length > 1024) {
    throw new InvalidCheckpointError({
      message: `the shard name ${shown(name)} is not a plain file name`,
      where,
      allowed: 'a relative path inside the checkpoint, with "/" between its parts',
    });
  }
}
