import { close, fstat, open, read, readSync, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import { ReadError, type Source } from '@fewbit/core';

import { rangeProblem } from '../memory/memory-source.ts';
import { readError } from './system-error.ts';

const openDescriptor = promisify(open);
const closeDescriptor = promisify(close);
const statDescriptor: (descriptor: number) => Promise<Stats> = promisify(fstat);

/** Longer reads go through the thread pool, so that they run beside the computing; shorter ones cost less than the way there. */
const DIRECT_BYTES = 65_536;

/** The system reads at most 2 GiB at a time. */
const MOST_BYTES = 1 << 30;

export interface FileSourceOptions {
  /** Read on the calling thread whatever the length: for a thread that has nothing else to do. Default: no. */
  readonly direct?: boolean;
}

/**
 * Opens a file for reads by position, straight into the buffers they are wanted in.
 *
 * @throws ReadError when it cannot be opened or is not a file.
 */
export async function openFileSource(path: string, options: FileSourceOptions = {}): Promise<Source> {
  const directBytes = options.direct === true ? MOST_BYTES : DIRECT_BYTES;
  const descriptor = await openDescriptor(path, 'r').catch((cause: unknown) => {
    throw readError('the file cannot be opened', path, cause);
  });
  let closed = false;
  const closeOnce = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await closeDescriptor(descriptor);
  };
  const stats = await statDescriptor(descriptor);
  if (!stats.isFile()) {
    await closeOnce();
    throw new ReadError({ message: 'it is not a file', where: path });
  }
  const byteLength = stats.size;

  const readInto = async (target: Uint8Array, start: number): Promise<void> => {
    const problem = closed ? 'the source is closed' : rangeProblem(start, start + target.byteLength, byteLength);
    if (problem !== null) throw new ReadError({ message: problem, where: path });
    for (let done = 0; done < target.byteLength;) {
      const wanted = Math.min(target.byteLength - done, MOST_BYTES);
      const count = await readSome(
        descriptor,
        target,
        { offset: done, length: wanted, position: start + done },
        directBytes,
      ).catch((cause: unknown) => {
        throw readError('the file cannot be read', path, cause);
      });
      if (count === 0)
        throw new ReadError({
          message: `the file ends at ${start + done}: it was ${byteLength} bytes long when it was opened`,
          where: path,
        });
      done += count;
    }
  };

  return {
    byteLength,
    readInto,
    read: async (start, end) => {
      const problem = rangeProblem(start, end, byteLength);
      if (problem !== null) throw new ReadError({ message: problem, where: path });
      const bytes = new Uint8Array(end - start);
      await readInto(bytes, start);
      return bytes;
    },
    close: closeOnce,
  };
}

interface Chunk {
  readonly offset: number;
  readonly length: number;
  readonly position: number;
}

function readSome(
  descriptor: number,
  target: Uint8Array,
  { offset, length, position }: Chunk,
  directBytes: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    if (length <= directBytes) {
      resolve(readSync(descriptor, target, offset, length, position));
      return;
    }
    read(descriptor, target, offset, length, position, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}
