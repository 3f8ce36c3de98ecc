import {
  describeCheckpoint,
  openFolder,
  type CheckpointDescription,
  type DescribeOptions,
} from '@fewbit/adapters-safetensors';

import { fileOf } from './headers.ts';
import { memoryFiles, textBytes } from './memory-files.ts';

const WIDTHS: Readonly<Record<string, number>> = {
  F8_E4M3: 1,
  F8_E8M0: 1,
  U8: 1,
  I8: 1,
  BF16: 2,
  F16: 2,
  I16: 2,
  F32: 4,
  I32: 4,
  U32: 4,
  I64: 8,
};

export type Tensors = Readonly<Record<string, readonly [dtype: string, shape: readonly number[]]>>;

/** A file with these tensors, of zeros. */
export function tensorFile(tensors: Tensors, metadata: Record<string, string> = { format: 'pt' }): Uint8Array {
  let position = 0;
  const entries = Object.entries(tensors).map(([name, [dtype, shape]]) => {
    const begin = position;
    position += shape.reduce((bytes, extent) => bytes * extent, WIDTHS[dtype] ?? 1);
    return [name, { dtype, shape, data_offsets: [begin, position] }] as const;
  });
  const header = Object.fromEntries<unknown>([['__metadata__', metadata], ...entries]);
  return fileOf(JSON.stringify(header), position);
}

/** What is said of a checkpoint of one file with these tensors. */
export async function described(
  tensors: Tensors,
  config: object | null,
  metadata?: Record<string, string>,
  options?: DescribeOptions,
): Promise<CheckpointDescription> {
  const files: Map<string, Uint8Array> = new Map([['model.safetensors', tensorFile(tensors, metadata)]]);
  if (config !== null) files.set('config.json', textBytes(JSON.stringify(config)));
  return describeCheckpoint(await openFolder(memoryFiles(files)), options);
}
