import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Source } from '@fewbit/core';

import { openFile, openFolder, type CheckpointFolder, type OpenOptions } from '../checkpoint/open-checkpoint.ts';
import type { HttpOptions } from '../http/http-options.ts';
import { openHttpSource } from '../http/http-source.ts';
import { isUrl, openCheckpointUrl } from '../http/open-url.ts';
import { directoryFiles } from './directory-files.ts';
import { openFileSource, type FileSourceOptions } from './file-source.ts';
import { readError } from './system-error.ts';

/**
 * Opens a checkpoint and reads its headers: a directory, a safetensors file, an index, or the HTTP(S) URL of one of them.
 *
 * @throws InvalidCheckpointError for a malformed checkpoint; ReadError for what is missing or cannot be read.
 * @example
 * ```ts
 * const checkpoint = await openCheckpoint('models/tiny-llama');
 * for (const { name, dtype, shape } of checkpoint.tensors) console.log(name, dtype, shape);
 * await checkpoint.close();
 * ```
 */
export async function openCheckpoint(
  location: string,
  options: HttpOptions & OpenOptions = {},
): Promise<CheckpointFolder> {
  if (isUrl(location)) return openCheckpointUrl(location, options);
  const path = resolve(location);
  const stats = await stat(path).catch((cause: unknown) => {
    throw readError('the checkpoint cannot be opened', location, cause);
  });
  if (stats.isDirectory()) return openFolder(directoryFiles(path), undefined, options);
  if (path.endsWith('.json')) return openFolder(directoryFiles(dirname(path)), basename(path), options);
  return openFile(await openFileSource(path), { location: path, name: basename(path) });
}

/**
 * Opens one file for reads by position: a path, or an HTTP(S) URL.
 *
 * @throws ReadError when it cannot be opened.
 */
export function openSource(location: string, options: HttpOptions & FileSourceOptions = {}): Promise<Source> {
  return isUrl(location) ? openHttpSource(location, options) : openFileSource(location, options);
}
