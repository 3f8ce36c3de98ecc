import { ReadError } from '@fewbit/core';

import type { CheckpointFiles } from '../checkpoint/checkpoint-files.ts';
import { openFile, openFolder, type CheckpointFolder, type OpenOptions } from '../checkpoint/open-checkpoint.ts';
import type { HttpOptions } from './http-options.ts';
import { openHttpSource, tryOpenHttpSource } from './http-source.ts';
import { resolveHubUrl } from './hub-url.ts';
import { shownUrl } from './request.ts';

export function isUrl(location: string): boolean {
  return /^https?:\/\//i.test(location);
}

/**
 * Opens a checkpoint on a server: the URL of a safetensors file, of an index, or of the folder that holds them; a model's
 * page on huggingface.co stands for its files. Only headers are fetched.
 *
 * @throws InvalidCheckpointError for a malformed checkpoint; ReadError for what is missing or cannot be fetched.
 */
export async function openCheckpointUrl(
  location: string,
  options: HttpOptions & OpenOptions = {},
): Promise<CheckpointFolder> {
  const url = parseUrl(location);
  const segments = url.pathname.split('/');
  const name = decodeURIComponent(segments.pop() ?? '');
  if (name.endsWith('.safetensors'))
    return openFile(await openHttpSource(url.href, options), { location: url.href, name });
  if (name.endsWith('.json')) return openFolder(httpFiles(url, segments, options), name, options);
  return openFolder(httpFiles(url, name === '' ? segments : url.pathname.split('/'), options), undefined, options);
}

function parseUrl(location: string): URL {
  try {
    const url = resolveHubUrl(new URL(location));
    url.hash = '';
    decodeURIComponent(url.pathname);
    return url;
  } catch (cause) {
    throw new ReadError({ message: 'the URL is malformed', where: location.slice(0, 200), cause });
  }
}

/** The files of a folder on a server. The query is kept for each: it may be what grants access. */
function httpFiles(url: URL, folder: readonly string[], options: HttpOptions): CheckpointFiles {
  const locate = (name: string): string => {
    const file = new URL(url);
    file.pathname = [...folder, ...name.split('/').map(encodeURIComponent)].join('/');
    return file.href;
  };
  return {
    where: shownUrl(url.origin + folder.join('/')),
    locate,
    open: (name) => tryOpenHttpSource(locate(name), options),
    list: () => Promise.resolve(null),
  };
}
