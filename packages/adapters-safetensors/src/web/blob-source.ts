import { ReadError, type Source } from '@fewbit/core';

import { rangeProblem } from '../memory/memory-source.ts';

/** A Blob, or a File that a user chose, as a source. Only the ranges that are read come into memory. */
export function blobSource(blob: Blob): Source {
  return {
    byteLength: blob.size,
    read: async (start, end) => {
      const problem = rangeProblem(start, end, blob.size);
      if (problem !== null) throw new ReadError({ message: problem });
      const bytes = await blob
        .slice(start, end)
        .arrayBuffer()
        .catch((cause: unknown) => {
          throw new ReadError({
            message: 'the file cannot be read',
            hint: 'It may have been changed or removed since it was chosen.',
            cause,
          });
        });
      if (bytes.byteLength !== end - start)
        throw new ReadError({ message: `the file gave ${bytes.byteLength} bytes instead of ${end - start}` });
      return new Uint8Array(bytes);
    },
  };
}
