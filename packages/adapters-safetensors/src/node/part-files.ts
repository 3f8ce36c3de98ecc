import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, write, writeSync } from 'node:fs';
import { join } from 'node:path';
import { WriteError } from '@fewbit/core';

import { writeProblem } from '../memory/memory-sink.ts';
import { writeError } from './system-error.ts';

/** Longer writes may go through the thread pool, so that they run beside the computing. */
const DIRECT_BYTES = 65_536;

interface PartFile {
  readonly descriptor: number;
  readonly byteLength: number;
}

/** The growing files of a temporary directory, opened once each. */
export class PartFiles {
  readonly #directory: string;
  readonly #files: Map<string, PartFile> = new Map();
  readonly #direct: boolean;

  /** `direct`: write on the calling thread whatever the length. For a thread that has nothing else to do. */
  constructor(directory: string, direct: boolean) {
    this.#directory = directory;
    this.#direct = direct;
  }

  create(file: string, byteLength: number): void {
    checkFileName(file);
    try {
      const descriptor = openSync(join(this.#directory, file), 'wx+');
      this.#files.set(file, { descriptor, byteLength });
      ftruncateSync(descriptor, byteLength);
    } catch (cause) {
      throw writeError('the file cannot be made', file, cause);
    }
  }

  async write(file: string, position: number, bytes: Uint8Array): Promise<void> {
    const { descriptor, byteLength } = this.#files.get(file) ?? this.#open(file);
    const problem = writeProblem(position, bytes.byteLength, byteLength);
    if (problem !== null) throw new WriteError({ message: problem, where: file });
    const direct = this.#direct || bytes.byteLength <= DIRECT_BYTES;
    try {
      for (let done = 0; done < bytes.byteLength;) {
        const chunk = { offset: done, length: bytes.byteLength - done, position: position + done };
        done += direct
          ? writeSync(descriptor, bytes, chunk.offset, chunk.length, chunk.position)
          : await writeSome(descriptor, bytes, chunk);
      }
    } catch (cause) {
      throw writeError('the file cannot be written', file, cause);
    }
  }

  /** Names and expected lengths of all files. */
  list(): readonly { readonly name: string; readonly byteLength: number; readonly actualByteLength: number }[] {
    return [...this.#files].map(([name, { descriptor, byteLength }]) => ({
      name,
      byteLength,
      actualByteLength: fstatSync(descriptor).size,
    }));
  }

  /** Waits until the disk has everything. */
  sync(): void {
    for (const [name, { descriptor }] of this.#files) {
      try {
        fsyncSync(descriptor);
      } catch (cause) {
        throw writeError('the file cannot be flushed', name, cause);
      }
    }
  }

  close(): void {
    for (const { descriptor } of this.#files.values()) closeSync(descriptor);
    this.#files.clear();
  }

  #open(file: string): PartFile {
    checkFileName(file);
    try {
      const descriptor = openSync(join(this.#directory, file), 'r+');
      const opened = { descriptor, byteLength: fstatSync(descriptor).size };
      this.#files.set(file, opened);
      return opened;
    } catch (cause) {
      throw writeError('the file cannot be opened', file, cause);
    }
  }
}

function checkFileName(file: string): void {
  if (file === '' || file === '.' || file === '..' || /[/\\:\p{Cc}]/u.test(file)) {
    throw new WriteError({
      message: `${JSON.stringify(file)} is no plain file name`,
      allowed: 'a name without a path',
    });
  }
}

interface Chunk {
  readonly offset: number;
  readonly length: number;
  readonly position: number;
}

function writeSome(descriptor: number, bytes: Uint8Array, { offset, length, position }: Chunk): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, offset, length, position, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}
