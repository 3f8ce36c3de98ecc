import type { Backend } from '../contracts/backend.ts';
import type { Source } from '../contracts/io.ts';
import { bytesPerElement } from '../dtype.ts';
import type { RunnableItem } from './runnable-item.ts';

/** The input bytes of items that run one after the other, in memory of the backend's where a source can read into it. */
export interface ItemInputs {
  /** Those of the next item, valid until it asks for those of another. */
  readonly take: (item: RunnableItem) => Promise<Uint8Array>;
  /** Reads what will be taken next, while what was taken last is still valid. */
  readonly readAhead: (item: RunnableItem) => Promise<void>;
  readonly release: () => void;
}

/** Sources by the tensors' `shard`; `missing` makes the error for a tensor of another. */
export function createItemInputs(
  sources: readonly Source[],
  operations: Backend['quantizing'],
  missing: (what: string) => Error,
): ItemInputs {
  // Not one for each item: a fresh allocation would only feed the collector. The second stays empty where nothing is read ahead.
  const buffers: [Uint8Array, Uint8Array] = [operations.allocate(0), operations.allocate(0)];
  let current: 0 | 1 = 0;
  let ahead: { readonly item: RunnableItem; readonly bytes: Uint8Array } | null = null;

  function bufferOf(byteLength: number): Uint8Array {
    if (buffers[current].length < byteLength) {
      operations.release(buffers[current]);
      buffers[current] = operations.allocate(byteLength);
    }
    return buffers[current].subarray(0, byteLength);
  }

  async function read({ phase, start, end, tensor }: RunnableItem): Promise<Uint8Array> {
    const { name, shard, begin, dtype } = tensor.parameter;
    const width = phase === 'copy' ? 1 : bytesPerElement(dtype);
    const source = sources[shard];
    if (source === undefined) throw missing(`tensor "${name}" lies in shard ${shard}`);
    if (source.readInto === undefined) return source.read(begin + start * width, begin + end * width);
    const bytes = bufferOf((end - start) * width);
    await source.readInto(bytes, begin + start * width);
    return bytes;
  }

  return {
    take: async (item) => {
      const bytes = ahead?.item === item ? ahead.bytes : await read(item);
      ahead = null;
      return bytes;
    },
    readAhead: async (item) => {
      current = current === 0 ? 1 : 0;
      ahead = { item, bytes: await read(item) };
    },
    release: () => {
      for (const buffer of buffers) operations.release(buffer);
    },
  };
}
