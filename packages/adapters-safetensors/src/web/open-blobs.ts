import type { CheckpointFiles } from '../checkpoint/checkpoint-files.ts';
import { openFile, openFolder, type CheckpointFolder } from '../checkpoint/open-checkpoint.ts';
import { blobSource } from './blob-source.ts';

/**
 * Opens a single safetensors file that is a Blob.
 *
 * @param name What to call it; a File has a name of its own.
 * @throws InvalidCheckpointError for a malformed file, ReadError when its header cannot be read.
 */
export function openCheckpointBlob(blob: Blob, name: string = nameOf(blob)): Promise<CheckpointFolder> {
  return openFile(blobSource(blob), { location: name, name });
}

/**
 * Opens the checkpoint among files that a user chose or dropped: shards with their index, config, side files.
 *
 * @param blobs By file name, without a path.
 * @throws InvalidCheckpointError for a malformed checkpoint, ReadError for files that are missing or cannot be read.
 */
export function openCheckpointBlobs(blobs: ReadonlyMap<string, Blob>): Promise<CheckpointFolder> {
  const files: CheckpointFiles = {
    where: 'the chosen files',
    locate: (name) => name,
    open: (name) => {
      const blob = blobs.get(name);
      return Promise.resolve(blob === undefined ? null : blobSource(blob));
    },
    list: () => Promise.resolve([...blobs.keys()]),
  };
  return openFolder(files);
}

function nameOf(blob: Blob): string {
  return 'name' in blob && typeof blob.name === 'string' ? blob.name : 'model.safetensors';
}
