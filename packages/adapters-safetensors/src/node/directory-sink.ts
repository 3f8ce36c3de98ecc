import { mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { OutputRefusedError, WriteError, type Sink } from '@fewbit/core';

import { readHeader } from '../header/read-header.ts';
import { openFileSource } from './file-source.ts';
import { temporaryPaths } from './leftovers.ts';
import { PartFiles } from './part-files.ts';
import { codeOf, writeError } from './system-error.ts';

export interface DirectorySinkOptions {
  /** Replace a checkpoint that stands under the target's name. Default: refuse. */
  readonly overwrite?: boolean;
  /** Wait for the disk before giving the final name, so that the promise holds in a power failure too. Default: no. */
  readonly durable?: boolean;
}

/** A sink that fills a directory. */
export interface DirectorySink extends Sink {
  /** The temporary directory where the files grow, beside the target. Other threads reach them by {@link openPart}. */
  readonly directory: string;
}

/**
 * Makes a sink whose files grow in a hidden directory beside `target`; `finish` checks them and renames the directory. A
 * run that is killed, at whatever moment, leaves nothing under the target's name that was not there before.
 *
 * @throws OutputRefusedError when something stands under the name that may not be replaced; WriteError when the directory
 * cannot be made.
 */
export async function createDirectorySink(target: string, options: DirectorySinkOptions = {}): Promise<DirectorySink> {
  const { overwrite = false, durable = false } = options;
  const path = resolve(target);
  await checkTarget(path, overwrite);
  const { partial, replaced } = temporaryPaths(path);
  const firstMade = await mkdir(partial, { recursive: true }).catch((cause: unknown) => {
    throw writeError('the output directory cannot be made', path, cause);
  });
  const files = new PartFiles(partial, false);
  let state: 'open' | 'finished' | 'aborted' = 'open';
  const checkOpen = (): void => {
    if (state !== 'open') throw new WriteError({ message: `the sink is ${state}`, where: path });
  };

  return {
    directory: partial,
    create: (file, byteLength) =>
      Promise.resolve().then(() => {
        checkOpen();
        files.create(file, byteLength);
      }),
    write: (file, position, bytes) => {
      if (state !== 'open') return Promise.reject(new WriteError({ message: `the sink is ${state}`, where: path }));
      return files.write(file, position, bytes);
    },
    finish: async () => {
      checkOpen();
      await checkFiles(files, partial);
      if (durable) files.sync();
      files.close();
      await publish({ partial, path, replaced, overwrite, durable });
      state = 'finished';
    },
    abort: async () => {
      if (state !== 'open') return;
      state = 'aborted';
      files.close();
      await rm(partial, { recursive: true, force: true }).catch((cause: unknown) => {
        throw writeError('the unfinished output cannot be removed', partial, cause);
      });
      if (firstMade !== undefined) await removeEmptyParents(dirname(partial), firstMade);
    },
  };
}

export interface OpenPartOptions {
  /**
   * A 32-bit word that all threads which write share, 0 at first: how many of them are writing. Systems let one thread at a time
   * write a file, so it says whether another would have to wait. Default: nobody knows.
   */
  readonly writers?: SharedArrayBuffer;
}

/** Part of a sink, for one thread. */
export interface SinkPart extends Pick<Sink, 'write' | 'isBusy'> {
  readonly close: () => Promise<void>;
}

/**
 * Opens the growing files of a {@link DirectorySink} by its temporary directory: for a worker thread, which writes on its
 * own thread. The sink itself makes the files and gives them their final name.
 */
export function openPart(directory: string, { writers }: OpenPartOptions = {}): SinkPart {
  const files = new PartFiles(directory, true);
  const writing = writers === undefined ? null : new Int32Array(writers);
  return {
    write: async (file, position, bytes) => {
      if (writing !== null) Atomics.add(writing, 0, 1);
      try {
        await files.write(file, position, bytes);
      } finally {
        if (writing !== null) Atomics.sub(writing, 0, 1);
      }
    },
    ...(writing === null ? {} : { isBusy: () => Atomics.load(writing, 0) > 0 }),
    close: () =>
      Promise.resolve().then(() => {
        files.close();
      }),
  };
}

async function checkTarget(path: string, overwrite: boolean): Promise<void> {
  const entries = await contents(path);
  if (entries === null || entries.length === 0) return;
  if (!overwrite) {
    throw new OutputRefusedError({
      message: 'something stands there already',
      where: path,
      hint: 'Give another directory, or allow overwriting (--overwrite).',
    });
  }
  // Overwriting removes everything in the directory. What is not plainly an earlier output may be someone's home.
  const folders = entries.filter((entry) => entry.isDirectory());
  const looksLikeCheckpoint = folders.length === 0 && entries.some(({ name }) => name.endsWith('.safetensors'));
  if (!looksLikeCheckpoint) {
    throw new OutputRefusedError({
      message:
        folders.length > 0
          ? `the directory has folders in it: ${folders
              .slice(0, 3)
              .map(({ name }) => name)
              .join(', ')}`
          : 'the directory has no safetensors file',
      where: path,
      allowed: 'nothing, or a directory that holds a checkpoint and no folders',
      hint: 'Remove it yourself, or give another directory.',
    });
  }
}

/** The entries of a directory; null when nothing stands there. */
async function contents(path: string): Promise<{ name: string; isDirectory: () => boolean }[] | null> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    if (codeOf(error) === 'ENOTDIR')
      throw new OutputRefusedError({
        message: 'a file stands there',
        where: path,
        hint: 'Give the name of a directory.',
      });
    throw writeError('the directory cannot be listed', path, error);
  }
}

async function checkFiles(files: PartFiles, directory: string): Promise<void> {
  for (const { name, byteLength, actualByteLength } of files.list()) {
    if (actualByteLength !== byteLength) {
      throw new WriteError({
        message: `the file has ${actualByteLength} bytes`,
        where: name,
        allowed: `${byteLength}`,
      });
    }
    if (name.endsWith('.safetensors')) await checkHeader(join(directory, name), name);
  }
}

/** Reads the header back: what a loader will see of the file first. */
async function checkHeader(path: string, where: string): Promise<void> {
  const source = await openFileSource(path);
  try {
    await readHeader(source, { where });
  } catch (cause) {
    throw new WriteError({ message: 'the header cannot be read back', where, cause });
  } finally {
    await source.close?.();
  }
}

interface Publication {
  readonly partial: string;
  readonly path: string;
  readonly replaced: string;
  readonly overwrite: boolean;
  readonly durable: boolean;
}

async function publish({ partial, path, replaced, overwrite, durable }: Publication): Promise<void> {
  await checkTarget(path, overwrite);
  try {
    if (durable) await syncDirectory(partial);
    const moved = await moveAside(path, replaced);
    try {
      await rename(partial, path);
    } catch (error) {
      if (moved) await rename(replaced, path);
      throw error;
    }
    if (durable) await syncDirectory(dirname(path));
    if (moved) await rm(replaced, { recursive: true, force: true });
  } catch (cause) {
    throw writeError('the output cannot be given its name', path, cause);
  }
}

/** True when there was something to move. */
async function moveAside(path: string, replaced: string): Promise<boolean> {
  try {
    await rename(path, replaced);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes the directories that were made on the way to the target, from the innermost to `first`, as far as they are empty. */
async function removeEmptyParents(innermost: string, first: string): Promise<void> {
  for (let path = innermost; path.length >= first.length && path.startsWith(first); path = dirname(path)) {
    const removed = await stat(path)
      .then(() => rmdir(path))
      .then(
        () => true,
        () => false,
      );
    if (!removed) return;
  }
}
