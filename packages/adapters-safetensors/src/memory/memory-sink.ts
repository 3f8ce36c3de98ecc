import { WriteError, type Sink } from '@fewbit/core';

/** A sink whose files stay in memory: for small checkpoints, a page that offers them for download, and tests. */
export interface MemorySink extends Sink {
  /** The files by name; null before `finish`. */
  readonly files: () => ReadonlyMap<string, Uint8Array<ArrayBuffer>> | null;
}

/** Makes a {@link MemorySink}. */
export function createMemorySink(): MemorySink {
  const files: Map<string, Uint8Array<ArrayBuffer>> = new Map();
  let state: 'open' | 'finished' | 'aborted' = 'open';
  const whenOpen = (action: () => void): Promise<void> => {
    return Promise.resolve().then(() => {
      if (state !== 'open') throw new WriteError({ message: `the sink is ${state}` });
      action();
    });
  };
  return {
    create: (file, byteLength) =>
      whenOpen(() => {
        if (files.has(file)) throw new WriteError({ message: 'the file was made before', where: file });
        files.set(file, allocate(file, byteLength));
      }),
    write: (file, position, bytes) =>
      whenOpen(() => {
        const target = files.get(file);
        if (target === undefined) throw new WriteError({ message: 'the file was not made', where: file });
        const problem = writeProblem(position, bytes.byteLength, target.byteLength);
        if (problem !== null) throw new WriteError({ message: problem, where: file });
        target.set(bytes, position);
      }),
    finish: () =>
      whenOpen(() => {
        state = 'finished';
      }),
    abort: () => {
      if (state === 'open') {
        state = 'aborted';
        files.clear();
      }
      return Promise.resolve();
    },
    files: () => (state === 'finished' ? files : null),
  };
}

/** What is wrong with a write into a file of that length; null when it lies inside. */
export function writeProblem(position: number, count: number, byteLength: number): string | null {
  const inside = Number.isSafeInteger(position) && position >= 0 && position + count <= byteLength;
  return inside ? null : `${count} bytes at ${position} leave the file's ${byteLength} bytes`;
}

function allocate(file: string, byteLength: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(byteLength);
  } catch (cause) {
    throw new WriteError({ message: `${byteLength} bytes do not fit into memory`, where: file, cause });
  }
}
