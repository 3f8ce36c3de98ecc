import type { CheckpointFolder } from '@fewbit/adapters-safetensors/node';
import type { Sink } from '@fewbit/core';

// The same weights in other formats, or their index; and files that belong to the input's own history.
const NOT_COPIED = /\.(?:safetensors|bin|pt|pth|ckpt|h5|msgpack|gguf|onnx)$|\.index\.json$|^\./;

/** Tokenizer, generation config, licence …: what a loader or a reader needs beside the weights. */
export function sideFilesToCopy({ sideFiles }: CheckpointFolder): readonly string[] {
  return sideFiles.filter((name) => !NOT_COPIED.test(name));
}

const CHUNK_BYTES = 4 * 1024 * 1024;

export async function copySideFiles(folder: CheckpointFolder, names: readonly string[], sink: Sink): Promise<void> {
  for (const name of names) {
    const source = await folder.openSideFile(name);
    try {
      await sink.create(name, source.byteLength);
      for (let start = 0; start < source.byteLength; start += CHUNK_BYTES) {
        const end = Math.min(start + CHUNK_BYTES, source.byteLength);
        await sink.write(name, start, await source.read(start, end));
      }
    } finally {
      await source.close?.();
    }
  }
}
