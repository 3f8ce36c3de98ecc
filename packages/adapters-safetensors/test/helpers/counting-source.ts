import type { Source } from '@fewbit/core';
import { memorySource } from '@fewbit/adapters-safetensors';

export interface CountingSource extends Source {
  /** The ranges that were read, in order. */
  readonly ranges: [number, number][];
  readonly closed: () => boolean;
}

/** A source that remembers what was asked of it. */
export function countingSource(bytes: Uint8Array): CountingSource {
  const source = memorySource(bytes);
  const ranges: [number, number][] = [];
  let closed = false;
  return {
    byteLength: source.byteLength,
    read: (start, end) => {
      ranges.push([start, end]);
      return source.read(start, end);
    },
    close: () => {
      closed = true;
      return Promise.resolve();
    },
    ranges,
    closed: () => closed,
  };
}
